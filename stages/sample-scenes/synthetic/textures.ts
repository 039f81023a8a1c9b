/** Surface patterns, as the share (0 … 1) of a texture's second shade at a point. */
import type { TextureName } from "./palette.ts"

/** How far, in pixels, `position` is from the edges of stripes as wide as half the period; negative on a stripe. */
function toStripe(position: number, period: number): number {
  const phase = position / period - Math.floor(position / period)
  return (Math.abs(phase - 0.5) - 0.25) * period
}

const clamp = (share: number) => Math.min(1, Math.max(0, share))

/**
 * The share of the second shade at (u, v), in pixels along and across the texture; edges are a pixel soft.
 *
 * @param period in pixels: a light and a dark stripe, the distance of two dots, two squares
 */
export function secondShadeShare(texture: TextureName, u: number, v: number, period: number): number {
  switch (texture) {
    case "plain":
      return 0
    case "striped":
      return clamp(0.5 - toStripe(u, period))
    case "dotted": {
      const x = u - period * Math.round(u / period)
      const y = v - period * Math.round(v / period)
      return clamp(0.5 + 0.31 * period - Math.sqrt(x * x + y * y))
    }
    case "checked": {
      const [x, y] = [toStripe(u, 1.4 * period), toStripe(v, 1.4 * period)]
      const nearest = Math.min(Math.abs(x), Math.abs(y))
      return clamp(0.5 + (x < 0 === y < 0 ? nearest : -nearest))
    }
  }
}
