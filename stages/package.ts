/** What this package brings beside its stages: commands, and fetchers of what parameters refer to. */
import type { Fetcher, StageCommandGroup } from "../src/index.ts"
import { encoders } from "./commands/encoders.ts"
import type { HubModel } from "./hub/reference.ts"

export const commands: ReadonlyArray<StageCommandGroup> = [encoders]

/** By the scheme of the reference. */
export const fetchers: Readonly<Record<string, Fetcher>> = {
  hub: async (request, context) =>
    (await import("./hub/fetch-model.ts")).fetchModel(request as HubModel, context)
}
