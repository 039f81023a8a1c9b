/** Colours that are easy to tell apart, for colour-blind people too. */

export type OverlayRgb = readonly [red: number, green: number, blue: number]
export interface OverlayColour {
  readonly name: string
  readonly hex: string
  readonly rgb: OverlayRgb
}

/**
 * After Okabe and Ito (https://jfly.uni-koeln.de/color/), with white for black; neighbours in the list differ
 * strongly.
 */
export const overlayColours: ReadonlyArray<OverlayColour> = (
  [
    ["orange", "#e69f00"],
    ["sky blue", "#56b4e9"],
    ["purple", "#cc79a7"],
    ["green", "#009e73"],
    ["yellow", "#f0e442"],
    ["vermilion", "#d55e00"],
    ["blue", "#0072b2"],
    ["white", "#ffffff"]
  ] as const
).map(([name, hex]) => ({ name, hex, rgb: rgbOf(hex) }))

function rgbOf(hex: string): OverlayRgb {
  const channel = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16)
  return [channel(1), channel(3), channel(5)]
}
