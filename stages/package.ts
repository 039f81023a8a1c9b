/** What this package provides besides stages: commands, and fetchers for references in parameters. */
import type { Fetcher, StageCommandGroup } from "../src/index.ts"
import { encoders } from "./commands/encoders.ts"
import type { HubModel } from "./hub/reference.ts"

export const commands: ReadonlyArray<StageCommandGroup> = [encoders]

/** By the reference's scheme. */
export const fetchers: Readonly<Record<string, Fetcher>> = {
  hub: async (request, context) =>
    (await import("./hub/fetch-model.ts")).fetchModel(request as HubModel, context)
}
