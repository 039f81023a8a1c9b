/** The kinds of probe, by the name that a fit has. */
import { own } from "../../../src/support/own.ts"
import type { probeNames } from "../../tables/fits.ts"
import { logisticProbe } from "./logistic.ts"
import { perceptronProbe } from "./perceptron.ts"
import type { Probe } from "./probe.ts"

const probes: Readonly<Record<(typeof probeNames)[number], Probe>> = {
  logistic: logisticProbe,
  perceptron: perceptronProbe
}
export const probeOf = (name: string): Probe | undefined => own<Probe>(probes, name)
