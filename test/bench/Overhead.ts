import { Duration, Effect, FileSystem } from "effect"
import { count, type Figure, ratio } from "./Figure.ts"
import * as GitCount from "./GitCount.ts"
import * as Program from "./Program.ts"
import * as Reference from "./Reference.ts"
import * as Shop from "./Shop.ts"
import * as Stage from "./Stage.ts"

const runs = 4

/** A repository of some size, and the number of its runs: each takes seconds to make. */
const large: Shop.SurroundingCode = { files: 10_000, changed: 36, commits: 2000 }
const largeRuns = 2

const start = Effect.fnUntraced(function*(
  { emulator, model }: Shop.Shop,
  program: Program.Program,
  extra: Program.Environment = {}
) {
  const environment = yield* Stage.environment({
    forge: emulator.apiBase,
    token: emulator.account(Stage.botName).token,
    model: model.url
  })
  return yield* Program.serve(program, { ...environment, ...extra })
})

/** The reviews of a repository's two pull requests: the second finds the repository on the disk. */
const both = Effect.fnUntraced(function*(
  shop: Shop.Shop,
  serve: Program.Serve,
  name: string,
  beside?: Shop.SurroundingCode
) {
  const { first, second } = yield* shop.open(name, beside)
  return {
    pull: first,
    cold: yield* Shop.review(shop, serve, first),
    warm: yield* Shop.review(shop, serve, second)
  }
})

const run = Effect.fnUntraced(function*(
  shop: Shop.Shop,
  serve: Program.Serve,
  name: string,
  beside?: Shop.SurroundingCode
) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  const { cold, pull, warm } = yield* both(shop, serve, name, beside)
  const [bare] = yield* Effect.timed(Reference.checkout(shop.emulator.origin, pull, directory))
  return { cold, warm, bare: Duration.toMillis(bare) }
}, Effect.scoped)

const timed = Effect.fnUntraced(function*(shop: Shop.Shop, program: Program.Program) {
  const serve = yield* start(shop, program)
  // The first reviews load what the others find loaded.
  yield* run(shop, serve, "warm-up")
  const times = (kind: string, count: number, beside?: Shop.SurroundingCode) =>
    Effect.forEach(
      Array.from({ length: count }, (_, index) => `${kind}-${index}`),
      (name) => run(shop, serve, name, beside),
      { concurrency: 1 }
    )
  return { small: yield* times("run", runs), large: yield* times("large", largeRuns, large) }
}, Effect.scoped)

const counted = Effect.fnUntraced(function*(
  shop: Shop.Shop,
  program: Program.Program,
  beside?: Shop.SurroundingCode
) {
  const git = yield* GitCount.make
  const serve = yield* start(shop, program, { PATH: git.path })
  const { first, second } = yield* shop.open(beside === undefined ? "counted" : "counted-large", beside)
  const atStart = yield* git.soFar
  yield* Shop.review(shop, serve, first)
  const afterCold = yield* git.soFar
  yield* Shop.review(shop, serve, second)
  return { cold: afterCold - atStart, warm: (yield* git.soFar) - afterCold }
}, Effect.scoped)

/** Measures a review's time beside the model's. */
export const measure = Effect.fn("Overhead.measure")(function*(program: Program.Program) {
  const shop = yield* Shop.make
  const { large: ofLarge, small: all } = yield* timed(shop, program)
  const commands = yield* counted(shop, program)
  const commandsOfLarge = yield* counted(shop, program, large)
  yield* Shop.checkHonesty(shop)
  const overhead = (name: string, runs: typeof all, when: "cold" | "warm") =>
    ratio(
      { name, unit: "ms", against: "the bare git commands of a checkout" },
      runs.map((run) => run[when].overhead),
      runs.map(({ bare }) => bare)
    )
  const of = (name: string, pick: (reviewed: Shop.ReviewFigures) => number, when: "cold" | "warm" = "cold") =>
    count(name, all.map((run) => pick(run[when])))
  const figures: ReadonlyArray<Figure> = [
    overhead("first review of a repository", all, "cold"),
    overhead("later review of a repository", all, "warm"),
    overhead("first review, 10,000 files", ofLarge, "cold"),
    overhead("later review, 10,000 files", ofLarge, "warm"),
    of("requests to the forge's API per review", ({ forgeRequests }) => forgeRequests),
    of("git requests, first review", ({ gitRequests }) => gitRequests),
    of("git requests, later review", ({ gitRequests }) => gitRequests, "warm"),
    count("git commands, first review", [commands.cold]),
    count("git commands, later review", [commands.warm]),
    count("git commands, later review, 10,000 files", [commandsOfLarge.warm]),
    of("model calls per review", ({ modelCalls }) => modelCalls),
    of("bytes sent to the model per review", ({ modelBytes }) => modelBytes)
  ]
  return figures
}, Effect.scoped)
