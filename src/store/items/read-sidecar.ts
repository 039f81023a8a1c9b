/** The sidecar of a shard, out of the store. */
import * as Effect from "effect/Effect"
import type { Problem } from "../../support/problem.ts"
import type { Shard } from "../records/manifest.ts"
import { decodeSidecar, type Sidecar } from "./sidecar.ts"
import { damaged } from "../files/store-error.ts"
import type { StoreCalls } from "../store.ts"

export const readSidecar = (store: StoreCalls, shard: Shard): Effect.Effect<Sidecar, Problem> =>
  Effect.flatMap(store.readObject(shard.sidecar!), (bytes) =>
    Effect.try({
      try: () => decodeSidecar(bytes, store.objectPath(shard.sidecar!)),
      catch: (error) => damaged(error, store.root)
    })
  )
