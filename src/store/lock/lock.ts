/**
 * Locks in a store: one process at a time holds a name, and one fiber within it.
 *
 * A holder on this host is judged by its process alone: if it is killed, its lock is free at once; if it is
 * stopped, it keeps the lock. A holder that is not visible (another host or container) is judged by the lease
 * that it renews. It may lose the lock while it stalls; that duplicates work but never gives a wrong result,
 * since publishing is idempotent.
 */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Problem } from "../../support/problem.ts"
import type { Store } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"
import { describeHolder, type Holder, recordOf } from "./holder.ts"
import { type LockState, LockFolder } from "./lock-folder.ts"
import { lifeOf, type ProcessIdentity, thisProcess } from "../files/process-identity.ts"
/** How often a holder renews its lease. */
const periodMs = 10_000
/** An invisible holder counts as dead after this many periods without renewal. */
const silentPeriods = 3
/** A record that stays torn for longer was left by a process that died during the write. */
const tornMs = 5000
/** Pauses between checks of a lock that another process holds. */
const [firstPauseMs, longestPauseMs] = [10, 250]

export interface LockOptions {
  /** false: fail with StoreLocked instead of waiting */
  readonly wait: boolean
  /** called once, with the current holder, if it has to wait */
  readonly onWait: (holder: Holder) => void
  /** milliseconds since 1970 */
  readonly now: () => number
  /** the id of the run that wants the lock, shown to others that wait for it */
  readonly run?: string
  /**
   * receives events for the log: a dead holder's lock was taken over, or this one was lost to another host
   */
  readonly note?: (message: string) => void
}

/** The tokens that this process holds: a record of its own with any other token can never be released. */
const held = new Set<string>()

interface Taken {
  readonly number: number
  readonly token: string
}
/** The obstacle: the current holder, or null while the record is being written. */
interface Blocked {
  readonly by: Holder | null
}

/**
 * Runs `use` while holding the lock of a name: `locks/<name>.lock` under the store's root.
 *
 * Waits, interruptibly, while another process holds it, or fails with StoreLocked. Releases the lock however
 * `use` ends.
 */
export const withLock =
  (store: Store, name: string, options: LockOptions) =>
  <A, E, R>(use: Effect.Effect<A, E, R>): Effect.Effect<A, E | Problem, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const lock = new Lock(store, name, options)
        const taken = yield* lock.take(restore)
        const renewal = yield* Effect.forkChild(lock.renewing(taken))
        return yield* restore(use).pipe(
          Effect.onExit(() => Effect.andThen(Fiber.interrupt(renewal), lock.giveBack(taken)))
        )
      })
    )

class Lock {
  readonly #store: Store
  readonly #name: string
  readonly #options: LockOptions
  readonly #folder: LockFolder
  readonly #watch = new Watch()
  #me: ProcessIdentity | null = null
  constructor(store: Store, name: string, options: LockOptions) {
    this.#store = store
    this.#name = name
    this.#options = options
    this.#folder = new LockFolder(store.files, store.layout.lock(name))
  }

  take(restore: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>): Effect.Effect<Taken, Problem> {
    const { wait, onWait } = this.#options
    const once = Effect.try({
      try: () => this.#try(),
      catch: (error) => storeProblem(error, this.#store.root, `take the lock "${this.#name}"`)
    })
    return Effect.gen({ self: this }, function* () {
      let told = false
      for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
        const tried = yield* once
        if ("token" in tried) return tried
        if (!wait) return yield* Effect.fail(this.#locked(tried.by))
        if (!told && tried.by !== null) {
          told = true
          onWait(tried.by)
        }
        yield* restore(Effect.sleep(pause))
      }
    })
  }

  /** Renews the lease until interrupted, or until another host has taken the lock. */
  renewing(taken: Taken): Effect.Effect<void> {
    const renew = Effect.sync(() => {
      try {
        if (!this.#isMine(taken)) return this.#lost()
        this.#folder.renew(taken.number, this.#options.now())
      } catch {
        // a file system error: the next renewal may succeed
      }
      return true
    })
    return Effect.gen(function* () {
      do yield* Effect.sleep(periodMs)
      while (yield* renew)
    })
  }

  /** Writes only to this holder's own record, so it cannot release a lock that another process has taken. */
  giveBack(taken: Taken): Effect.Effect<void> {
    return Effect.sync(() => {
      held.delete(taken.token)
      try {
        if (this.#isMine(taken)) this.#folder.release(taken.number)
      } catch (error) {
        // other processes take it over when this one ends
        this.#note(`could not release the lock "${this.#name}": ${(error as Error).message}`)
      }
    })
  }

  /** One attempt, without waiting. */
  #try(): Taken | Blocked {
    const me = (this.#me ??= thisProcess(this.#store.files))
    for (;;) {
      const look = this.#folder.look()
      if (look === null) continue // there is a newer one
      const before = look.standing.is === "held" ? look.standing.holder : null
      if (this.#isTaken(look, me)) return { by: before }
      const token = randomBytes(12).toString("hex")
      if (!this.#folder.claim(look, recordOf(this.#holder(me, token)), token)) continue
      const number = look.number + 1
      held.add(token)
      this.#folder.tidyBelow(number)
      if (before !== null)
        this.#note(`took over the lock "${this.#name}" of a dead holder: ${describeHolder(before)}`)
      return { number, token }
    }
  }

  #isMine({ token }: Taken): boolean {
    const standing = this.#folder.look()?.standing
    return standing?.is === "held" && standing.holder.token === token
  }

  #isTaken({ standing, changed, mark }: LockState, me: ProcessIdentity): boolean {
    if (standing.is === "free") return false
    const now = this.#options.now()
    const silent = this.#watch.silence(mark, now)
    if (standing.is === "torn") return Math.max(silent, now - changed) < tornMs
    const { holder } = standing
    const life = lifeOf(holder, me, this.#store.files)
    if (life === "unknown") return silent < silentPeriods * holder.lease.periodMs
    return life === "alive" && (holder.pid !== me.pid || held.has(holder.token))
  }

  #holder(me: ProcessIdentity, token: string): Holder {
    const [, script = "", ...words] = process.argv
    return {
      format: 1,
      token,
      ...me,
      run: this.#options.run ?? null,
      command: [path.basename(script), ...words].join(" "),
      acquired: new Date(this.#options.now()).toISOString(),
      lease: { periodMs }
    }
  }

  #locked(holder: Holder | null): Problem {
    const by = holder === null ? "a process that is acquiring it" : describeHolder(holder)
    return new Problem("StoreLocked", `the lock "${this.#name}" of the store is held by ${by}`, {
      file: this.#store.layout.lock(this.#name),
      hint: "leave out --no-lock-wait to wait for it; the lock of a dead holder is taken over automatically"
    })
  }

  #lost(): false {
    this.#note(
      `the lock "${this.#name}" was taken over by another host, to which this process looked dead: some work may be done twice`
    )
    return false
  }
  #note(message: string): void {
    this.#options.note?.(message)
  }
}

/**
 * How long something has not changed, by this process's own clock.
 *
 * Clocks of two hosts are never compared. Time without checks (this process was stopped, the machine slept,
 * the clock was set) counts for little, since a change during it may not be visible yet.
 */
const mostBetweenLooks = 1000

class Watch {
  #mark: string | null = null
  #silent = 0
  #looked = 0

  /** How many milliseconds `mark` has been the same; `now` in milliseconds since 1970. */
  silence(mark: string, now: number): number {
    if (mark === this.#mark) this.#silent += Math.min(Math.max(now - this.#looked, 0), mostBetweenLooks)
    else [this.#mark, this.#silent] = [mark, 0]
    this.#looked = now
    return this.#silent
  }
}
