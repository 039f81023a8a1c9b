/**
 * One process finds a dead holder and is stopped on its way to the lock; meanwhile others do what they may. When it
 * goes on, it must not hold the lock beside another, nor harm what it finds.
 */
import { readdirSync } from "node:fs"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import type { FileSystem } from "../../../../src/store/files/file-system.ts"
import { sweepLocks } from "../../../../src/store/lock/sweep.ts"
import { Bench } from "./bench.ts"
import { withoutHardLinks } from "./decorations.ts"

const bench = new Bench()
afterEach(() => bench.clear())
afterAll(() => bench.close())

const files = () => readdirSync(bench.store().layout.lock("stage"))
const isRecord = (file: string) => /^\d+$/.test(file.split("/").at(-1)!)
const theirs = (number: number) => bench.leave(number, { host: "elsewhere" })
const sweep = () => Effect.runSync(sweepLocks(bench.store(), Date.now))

/** Where it is stopped: the first call that this accepts. */
type Moment = (name: keyof FileSystem, file: string) => boolean
const moments: Readonly<Record<string, Moment>> = {
  "before it makes the folder": (name) => name === "makeFolder",
  "before it writes its temporary file": (name, file) => name === "write" && !isRecord(file),
  "before it creates its record": (name, file) => name === "hardLink" || (name === "write" && isRecord(file))
}
/** What others do, and what then lies in the lock's folder. */
const happenings: Readonly<
  Record<string, { readonly act: () => void; readonly left: ReadonlyArray<string> }>
> = {
  "another takes the lock": { act: () => theirs(2), left: ["1", "2"] },
  "the lock goes through other hands, and the wanted number with it": {
    act() {
      Effect.runSync(bench.lock()(Effect.void))
      Effect.runSync(bench.lock()(Effect.void))
      Effect.runSync(bench.lock()(Effect.void))
      bench.files.remove(bench.record(4))
      theirs(5)
    },
    left: ["5"]
  },
  "the same, and the last has not yet tidied all": {
    act() {
      bench.files.remove(bench.record(1))
      theirs(5)
    },
    left: ["5"]
  },
  "the lock is swept away and taken anew": {
    act() {
      expect(sweep()).toBe(1)
      theirs(1)
    },
    left: ["1"]
  }
}

/** Acts once, when the moment comes. With hard links, a record must not be created in another way. */
function stoppedAt(moment: Moment, act: () => void, hardLinks: boolean): FileSystem {
  let [came, inAct] = [false, false]
  const hook = (name: keyof FileSystem, file: string) => {
    if (came || !moment(name, file)) return
    came = inAct = true
    act()
    inAct = false
  }
  const calls = hardLinks ? bench.files : withoutHardLinks(bench.files)
  return {
    ...calls,
    makeFolder(folder) {
      hook("makeFolder", folder)
      calls.makeFolder(folder)
    },
    write(file, content) {
      hook("write", file)
      if (hardLinks && !inAct && isRecord(file)) throw new Error(`${file} was not made by hard link`)
      calls.write(file, content)
    },
    hardLink(from, to) {
      if (hardLinks) hook("hardLink", to)
      calls.hardLink(from, to)
    }
  }
}

describe.each([true, false])("with hard links: %s", (hardLinks) => {
  describe.each(Object.entries(moments))("stopped %s", (_when, moment) => {
    it.each(Object.entries(happenings))("%s: it withdraws", async (_what, { act, left }) => {
      bench.leave(1, { started: "1" })
      await expect(bench.tryOnce(stoppedAt(moment, act, hardLinks))).rejects.toThrow("on host elsewhere")
      expect(files()).toEqual(left)
      expect(bench.read(Number(left.at(-1)))).toContain('"host":"elsewhere"')
    })

    it("the lock is swept away: it takes it anew", async () => {
      bench.leave(1, { started: "1" })
      expect(await bench.tryOnce(stoppedAt(moment, sweep, hardLinks))).toBe("got it")
      expect(files()).toEqual(["1"])
    })
  })
})
