/** The environment variables of huggingface_hub, with the same meaning. */
import * as os from "node:os"
import * as path from "node:path"
import { getHFHubCachePath } from "@huggingface/hub"
import { afterEach, describe, expect, it, vi } from "vitest"
import { cacheFolder, endpointOf, isOffline, proxiesOf, tokenOf } from "../../../stages/hub/settings.ts"

afterEach(() => vi.unstubAllEnvs())

describe("the cache's folder", () => {
  it.each<[Record<string, string>]>([
    [{}],
    [{ HF_HOME: "/data/hf" }],
    [{ XDG_CACHE_HOME: "/data/xdg" }],
    [{ HF_HOME: "/data/hf", HF_HUB_CACHE: "/data/hub" }],
    [{ HUGGINGFACE_HUB_CACHE: "/data/old" }]
  ])("is that of the hub's own client: %o", (environment) => {
    for (const name of ["HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"])
      vi.stubEnv(name, environment[name])
    expect(cacheFolder(environment)).toBe(getHFHubCachePath())
  })
  it("may be given from home, and an empty variable is none", () => {
    expect(cacheFolder({ HF_HOME: "~/hf" })).toBe(path.join(os.homedir(), "hf/hub"))
    expect(cacheFolder({ HF_HUB_CACHE: "", HF_HOME: "/x" })).toBe("/x/hub")
  })
})

it("HF_HUB_OFFLINE is on by 1, true, yes and on alone", () => {
  for (const on of ["1", "true", "YES", "On"]) expect(isOffline({ HF_HUB_OFFLINE: on })).toBe(true)
  for (const off of ["", "0", "false", "no"]) expect(isOffline({ HF_HUB_OFFLINE: off })).toBe(false)
  expect(isOffline({ TRANSFORMERS_OFFLINE: "1" })).toBe(true)
})
it("HF_ENDPOINT names a mirror", () => {
  expect(endpointOf({})).toBe("https://huggingface.co")
  expect(endpointOf({ HF_ENDPOINT: "https://mirror.example/" })).toBe("https://mirror.example")
})
it("a token is that of HF_TOKEN, and goes to nobody where that is forbidden", () => {
  const none = { HF_HOME: "/nowhere" }
  expect(tokenOf(none)).toBeNull()
  expect(tokenOf({ ...none, HF_TOKEN: " hf_x\n" })).toBe("hf_x")
  expect(tokenOf({ ...none, HF_TOKEN: "hf_x", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).toBeNull()
})
it("proxies are named in either case", () => {
  expect(proxiesOf({ NO_PROXY: "x", HTTP_PROXY: "" })).toBeNull()
  expect(proxiesOf({ https_proxy: "http://p:1", NO_PROXY: "a" })).toEqual({
    httpProxy: "",
    httpsProxy: "http://p:1",
    noProxy: "a"
  })
})
