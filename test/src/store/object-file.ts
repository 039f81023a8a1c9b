/** Where an object lies, for tests that look at its file or damage it. */
import { join } from "node:path"
import type { StoredFile } from "../../../src/store/objects/object-ref.ts"
import type { Store } from "../../../src/store/store.ts"

export const objectFile = ({ root, objects }: Pick<Store, "root" | "objects">, object: StoredFile): string =>
  join(root, objects.location(object))
