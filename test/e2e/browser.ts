/** The system's Chromium, for tests of pages. */
import { existsSync } from "node:fs"
import * as path from "node:path"
import { type Browser, chromium } from "playwright-core"

const names = ["chromium", "chromium-browser", "google-chrome"]
/** Null where there is none: `.ci/run` installs one. */
export const browserPath: string | null =
  process.env["CHROMIUM"] ??
  (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find(existsSync) ??
  null

/** Without a sandbox, which root cannot have; the pages are the tests' own. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath!, args: ["--no-sandbox", "--disable-gpu"] })

/** What a page did that it must not: messages on its console, errors, requests to anywhere but its file. */
export async function openPage(
  browser: Browser,
  file: string,
  { width = 1600, dark = false }: { readonly width?: number; readonly dark?: boolean } = {}
) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light"
  })
  const page = await context.newPage()
  const faults: Array<string> = []
  const url = `file://${file}`
  page.on("console", (message) => faults.push(`console: ${message.text()}`))
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`))
  page.on("request", (request) => {
    if (request.url() !== url) faults.push(`request: ${request.url()}`)
  })
  await page.goto(url)
  return { page, faults, close: () => context.close() }
}
