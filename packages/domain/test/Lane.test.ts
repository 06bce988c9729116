import { assert, it } from "@effect/vitest"
import { Lane, LaneKey, laneKey } from "@nominal-code/domain/job/Lane"
import { Effect, Equal, Schema } from "effect"

it.effect.prop("a lane's key round-trips", [Schema.toType(LaneKey)], ([lane]) =>
  Effect.gen(function*() {
    const decoded = yield* Schema.decodeEffect(LaneKey)(laneKey(lane))
    assert.instanceOf(decoded, Lane)
    assert.deepStrictEqual(decoded, lane)
  }))

const small = Schema.Struct({
  namespace: Schema.Literals(["", "github", "gitlab", "a"]),
  platform: Schema.Literals(["github", "gitlab"]),
  repo: Schema.Literals(["a/b", "a/b/c", "github/gitlab"]),
  number: Schema.Literals([1, 11]),
  bot: Schema.Literals(["a", "a[bot]", "1"])
})
const laneOf = Schema.decodeUnknownSync(Lane)

it.prop("distinct lanes have distinct keys", [small, small], ([one, other]) => {
  const [a, b] = [laneOf(one), laneOf(other)]
  assert.strictEqual(laneKey(a) === laneKey(b), Equal.equals(a, b))
}, { arbitrary: { runs: 2000 } })

it("a key reads `platform:repo:pr:bot`, after the namespace where there is one", () => {
  const lane = laneOf({ namespace: "", platform: "github", repo: "acme/api", number: 7, bot: "nominal[bot]" })
  assert.strictEqual(laneKey(lane), "github:acme/api:7:nominal[bot]")
  assert.strictEqual(
    laneKey(new Lane({ ...lane, namespace: laneOf({ ...lane, namespace: "eu" }).namespace })),
    "eu:github:acme/api:7:nominal[bot]"
  )
})

it("a text that is no key is refused", () => {
  const decode = Schema.decodeUnknownExit(LaneKey)
  for (
    const key of [
      "",
      "github:a/b:7",
      "svn:a/b:7:bot",
      "github:a/b:0:bot",
      "github:a/b:x:bot",
      "github:../b:7:bot",
      "A:github:a/b:7:bot",
      "x:y:github:a/b:7:bot"
    ]
  ) {
    assert.strictEqual(decode(key)._tag, "Failure", key)
  }
})
