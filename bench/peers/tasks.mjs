/** What all peers build: `out/<stage>/<branch>.txt` of `in/<branch>.txt`, stage by stage. */

/** Stages of a branch. */
export const stages = 5

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {boolean} isSlow not tried with many branches
 * @property {(folder: string) => string | null} version null where it is not installed
 * @property {(folder: string, branches: number) => void} write
 * @property {(folder: string) => import("../measure.mjs").Command} build
 */
