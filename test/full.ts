/**
 * `PROBELINE_FULL=1` tries every case; without it, tests of many like cases try some of each kind (CONTRIBUTING.md says
 * which).
 */
export const full = process.env["PROBELINE_FULL"] === "1"
