/** The progress of one running node, and its line. */
import { count, duration, rate } from "../support/numbers.ts"

export interface NodeProgress {
  readonly node: string
  /** milliseconds */
  readonly started: number
  done: number
  /** null if unknown */
  total: number | null
}

/** Share, count, rate and time left: `200 of 400, 12/s, 16 s left`. */
export function amounts({ started, done, total }: NodeProgress, now: number): string {
  const seconds = Math.max(0, now - started) / 1000
  if (total === null || total === 0) return duration(seconds)
  const parts = [`${count(done)} of ${count(total)}`]
  // the first second is a poor estimate
  if (done > 0 && seconds >= 1) {
    const perSecond = done / seconds
    parts.push(rate(perSecond))
    if (done < total) parts.push(`${duration((total - done) / perSecond)} left`)
  } else if (seconds >= 1) parts.push(duration(seconds))
  return parts.join(", ")
}

const barWidth = 20
/** A live line; the caller clips it to the terminal. */
export function progressLine(progress: NodeProgress, now: number, nameWidth: number): string {
  const { node, done, total } = progress
  const share = total === null || total === 0 ? null : Math.min(1, done / total)
  const filled = share === null ? 0 : Math.floor(share * barWidth)
  const bar = share === null ? "·".repeat(barWidth) : "█".repeat(filled) + "░".repeat(barWidth - filled)
  return `${node.padEnd(nameWidth)} ${bar} ${amounts(progress, now)}`
}
