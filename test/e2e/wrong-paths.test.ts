/** Words that name the wrong thing: said with the thing and the way out, by exit code 1 or 2, and never as a crash. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { afterAll, beforeAll, expect, it } from "vitest"
import { encoder, makeRig, type Rig, small } from "./cli.ts"
import { expectRefusal, type Refusal } from "./look.ts"

let rig: Rig
beforeAll(async () => {
  rig = makeRig()
  fs.mkdirSync(rig.at("dir"))
  fs.symlinkSync("loop", rig.at("loop"))
  // no text in UTF-8
  rig.write("binary.ts", Buffer.from([0x80, 0xff, 0x00, 0xfe]))
  rig.write("empty.onnx", "")
  execFileSync("mkfifo", [rig.at("pipe")])
  execFileSync("mkfifo", [rig.at("pipe.ts")])
  const { code, stderr } = await rig.cli("run", small, "scenes", "-S", "scenes=4")
  expect(code, stderr).toBe(0)
}, 60_000)
afterAll(() => rig.remove())

type Case = readonly [argv: string, tag: string, ...says: ReadonlyArray<string>]
const cases: ReadonlyArray<Case> = [
  ["status dir", "PipelineNotFound", "dir is a folder", "no .ts or .js file"],
  ["status loop", "PipelineNotFound", "cannot read loop: ELOOP", "check the path"],
  ["status pipe.ts", "PipelineNotFound", "pipe.ts is a device or a pipe", "choose a file"],
  ["status binary.ts/x.ts", "PipelineNotFound", "no such file: binary.ts/x.ts", "no such folder: binary.ts"],
  ["status binary.ts", "PipelineNotLoaded", "valid UTF-8", "is this the right file?"],
  ["status nothing.ts", "PipelineNotFound", "no such file: nothing.ts", "is it the right folder"],
  ["status @small -S encoder=loop", "ParameterInvalid", "@/loop", "check the path"],
  ["show @EMPTY", "Usage", "empty argument", "probeline show <ref>", "unset?"],
  ["verify --store nowhere", "StoreNotUsable", "no such store: nowhere", "--store DIR"],
  ["gc --store nowhere", "StoreNotUsable", "no such store: nowhere", "--store DIR"],
  ["runs --store loop", "StoreNotUsable", "the store loop", "--store DIR"],
  [
    "export @1:scenes -o pipe --format csv --overwrite",
    "Usage",
    "pipe is a device or a pipe",
    "give the path of a file"
  ],
  ["encoders inspect loop", "InputInvalid", "loop cannot be read: ELOOP", "check the path"],
  ["encoders check loop", "InputInvalid", "loop cannot be read: ELOOP", "check the path"],
  ["encoders tap dir -o x.onnx", "InputInvalid", "dir is a folder", "check the path"],
  ["encoders tap nothing -o x.onnx", "InputInvalid", "there is no file nothing", "check the path"],
  ["encoders tap empty.onnx -o x.onnx", "InputInvalid", "the file is empty: fetch or export it again"],
  ["encoders tap @encoder -o pipe --overwrite", "Usage", "pipe is a device or a pipe", "name the file"]
]
it.each(cases)("%s", async (line, tag, ...says) => {
  const places: Readonly<Record<string, string>> = { "@small": small, "@encoder": encoder, "@EMPTY": "" }
  const argv = line.split(" ").map((word) => places[word] ?? word)
  const refusal: Refusal = { code: 2, tag, says: says.map((text) => text.replace("@", rig.folder)) }
  expectRefusal(await rig.json(...argv), refusal)
  expect(fs.statSync(rig.at("pipe")).isFIFO()).toBe(true)
})
