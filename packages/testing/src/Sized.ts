import { Config, Effect } from "effect"

const isLong = Config.Boolean("NOMINAL_LONG").pipe(Config.withDefault(false))

/** Size of a test that draws samples: `usually` in `make test`, `long` in `make test-long`, which sets `NOMINAL_LONG`. */
export const sized = (usually: number, long: number) => Effect.map(isLong, (all) => all ? long : usually)

/** The first of the cases, which `make test` tries; all of them in `make test-long`. */
export const firstUsually = <A>(cases: ReadonlyArray<A>): ReadonlyArray<A> =>
  Effect.runSync(Effect.map(isLong, (all) => all ? cases : cases.slice(0, 1)))

/** Every nth of the cases, beginning with one of the first n that `NOMINAL_SEED` chooses; all in `make test-long`. */
const nthUsually = (n: number) => <A>(cases: ReadonlyArray<A>) =>
  Effect.gen(function*() {
    const seed = yield* Config.Int("NOMINAL_SEED").pipe(Config.withDefault(1))
    return (yield* isLong) ? cases : cases.filter((_, index) => index % n === seed % n)
  })

/** Every third of the cases, beginning with one of the first three that `NOMINAL_SEED` chooses; all in `make test-long`. */
export const thirdUsually = nthUsually(3)

/** One of eight cases, which `NOMINAL_SEED` chooses; all in `make test-long`. */
export const eighthUsually = nthUsually(8)

/** Every ninth of the cases, as `thirdUsually`: of pairs of ten or fourteen, it has each one in both places. */
export const ninthUsually = nthUsually(9)
