/**
 * Signals: the first asks the command to stop and to clean up, the second ends the process at once.
 *
 * Exit codes are 128 + the signal's number, as a shell gives them.
 */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
export type StopSignal = keyof typeof codes

/** How long a command may clean up. */
export const graceMs = 2000

export interface Signals {
  /** the exit code of the signal that came, or null */
  readonly code: () => number | null
  readonly stop: () => void
}

/** `onFirst` is called once; a clean-up that hangs is cut off. */
export function watchSignals(onFirst: (signal: StopSignal) => void, end: (code: number) => void): Signals {
  let code: number | null = null
  let timer: NodeJS.Timeout | null = null
  const listeners = Object.entries(codes).map(([signal, its]) => {
    const listener = () => {
      if (code !== null) return end(code)
      code = its
      timer = setTimeout(() => end(its), graceMs)
      onFirst(signal as StopSignal)
    }
    process.on(signal as StopSignal, listener)
    return () => process.off(signal as StopSignal, listener)
  })
  return {
    code: () => code,
    stop() {
      if (timer !== null) clearTimeout(timer)
      for (const off of listeners) off()
    }
  }
}
