/** A scene's description from one generator: a cast, then its layout. */
import type { Random } from "../../../../src/index.ts"
import {
  drawCast,
  drawLayout,
  type SceneDescription,
  type SceneSize
} from "../../../../stages/sample-scenes/synthetic/description.ts"

export const drawDescription = (random: Random, size: SceneSize): SceneDescription =>
  drawLayout(random, drawCast(random), size)
