/** How far a download is, in lines for a log: a small file has one, a large one a line for each tenth. */
const worthwhile = 16e6

/** @param size in bytes; null where it is not known */
export function progressLines(
  what: string,
  size: number | null,
  log: (line: string) => void
): (done: number) => void {
  log(`downloading ${what}${size === null ? "" : ` (${megabytes(size)})`}`)
  if (size === null || size < worthwhile) return () => {}
  let told = -1
  return (done) => {
    const tenth = Math.floor((10 * done) / size)
    if (tenth > told && told >= 0 && tenth < 10) log(`${what}: ${tenth * 10} % of ${megabytes(size)}`)
    told = Math.max(told, tenth)
  }
}

const megabytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
