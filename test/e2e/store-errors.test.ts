/** Stores that cannot be used, and disks that are full: said as such, and nothing finished is lost. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import { encoder, makeRig, small } from "./cli.ts"
import { expectRefusal, statuses, unfinished } from "./look.ts"

const root = process.getuid?.() === 0
const nobody = 65534
const run = ["run", small, "tokens", "-S", "scenes=40", "-S", `encoder=${encoder}`]

/** Can this process mount a file system? Containers forbid it even to root. */
function canMount(): boolean {
  if (!root || process.platform !== "linux") return false
  const folder = fs.mkdtempSync("/tmp/probeline-mount-")
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" })
    execFileSync("umount", [folder], { stdio: "ignore" })
    return true
  } catch {
    return false
  } finally {
    fs.rmdirSync(folder)
  }
}
const mountable = canMount()
const proc = fs.existsSync("/proc/self")

const cleaners: Array<() => void> = []
afterEach(() => cleaners.splice(0).forEach((clean) => clean()))

describe("a store path that is a file", () => {
  const rig = makeRig()
  afterAll(() => rig.remove())
  rig.write("taken", "mine")
  it.each([
    ["run", run],
    ["status", ["status", small]],
    ["runs", ["runs"]],
    ["show", ["show", "latest"]]
  ])("is refused by %s, and left alone", async (_name, argv) => {
    expectRefusal(await rig.json(...argv, "--store", "taken"), {
      code: 2,
      tag: "StoreNotUsable",
      says: ["taken is a file", "--store DIR"]
    })
    expect(fs.readFileSync(rig.at("taken"), "utf8")).toBe("mine")
  })
})

// a file system that answers ENOENT to a mkdir in a folder that is there: Node's recursive mkdir tries for ever
describe.skipIf(!proc)(`where no folder can be made${proc ? "" : " (skipped: no /proc)"}`, () => {
  const rig = makeRig()
  afterAll(() => rig.remove())
  it("a store is refused by run, and can be looked at", async () => {
    const store = ["--store", "/proc/none/store"]
    expectRefusal(await rig.json("run", small, "scenes", ...store), {
      code: 2,
      tag: "StoreNotUsable",
      says: ["/proc/none/store", "--store DIR"]
    })
    const { code, stderr } = await rig.cli("run", small, "scenes", "-n", ...store)
    expect(code, stderr).toBe(0)
  })
  it("nothing is exported to", async () => {
    expect((await rig.cli("run", small, "scenes", "-S", "scenes=4")).code).toBe(0)
    for (const argv of [
      ["export", "@1:scenes", "-o", "/proc/none/scenes.csv"],
      ["encoders", "tap", encoder, "-o", "/proc/none/tapped.onnx"]
    ])
      expectRefusal(await rig.json(...argv), {
        code: 1,
        tag: "StoreWriteFailed",
        says: [argv.at(-1)!, "-o PATH"]
      })
  })
})

// root may write everywhere: only another user can be refused
describe.skipIf(!root)(`a store without permission to write${root ? "" : " (skipped: not root)"}`, () => {
  const rig = makeRig({ uid: nobody })
  afterAll(() => rig.remove())
  fs.chmodSync(rig.folder, 0o755)
  fs.mkdirSync(rig.at("store"))
  it("is refused by run, with the way out", async () => {
    expectRefusal(await rig.json(...run, "--store", "store"), {
      code: 2,
      tag: "StoreNotUsable",
      says: ["no permission", rig.at("store"), "--store DIR"]
    })
    expect(fs.readdirSync(rig.at("store"))).toEqual([])
  })
  it("can be looked at all the same", async () => {
    for (const argv of [
      ["status", small],
      ["run", "-n", small],
      ["why", small, "scenes"]
    ]) {
      const { code, stderr } = await rig.cli(...argv, "--store", "store")
      expect(code, stderr).toBe(0)
    }
  })
})

describe.skipIf(!mountable)(`a full disk${mountable ? "" : " (skipped: cannot mount a tmpfs)"}`, () => {
  it("ends the run with one message; with space again, the next run goes on from what was finished", async () => {
    const rig = makeRig()
    fs.mkdirSync(rig.at("disk"))
    const mount = (...options: ReadonlyArray<string>) =>
      execFileSync("mount", ["-t", "tmpfs", "-o", options.join(","), "tmpfs", rig.at("disk")])
    mount("size=1200k")
    cleaners.push(
      () => rig.remove(),
      () => execFileSync("umount", [rig.at("disk")])
    )
    cleaners.reverse()
    const store = ["--store", "disk/store"]
    expect((await rig.cli("run", small, "scenes", "-S", "scenes=40", ...store)).code).toBe(0)
    // what is left is too little for other scenes
    const ended = await rig.json(...run, "-S", "seed=8", ...store)
    expectRefusal(ended, {
      code: 1,
      tag: "StoreFull",
      says: ["no space is left", "disk/store", "free some space"]
    })
    expect(unfinished(rig.at("disk"))).toEqual([])
    mount("remount", "size=32m")
    const freed = await rig.json(...run, "-S", "seed=8", ...store)
    expect(freed.code, freed.stderr).toBe(0)
    const before = await rig.json(...run, ...store)
    expect(statuses(before.document)).toEqual({
      scenes: "cached",
      tasks: "executed",
      masks: "executed",
      tokens: "executed"
    })
  })
})
