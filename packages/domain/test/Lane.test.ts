import { assert, it, vi } from "@effect/vitest"
import { Lane, LaneKey, laneKey, laneOfKey, offeredLaneKey } from "@nominal-code/domain/job/Lane"
import { Effect, Equal, Option, Schema } from "effect"

const laneOf = Schema.decodeUnknownSync(Lane)

it.effect.prop("a lane's key round-trips", [Schema.toType(LaneKey)], ([lane]) =>
  Effect.gen(function*() {
    const decoded = yield* Schema.decodeEffect(LaneKey)(laneKey(lane))
    assert.instanceOf(decoded, Lane)
    assert.deepStrictEqual(decoded, lane)
  }))

it("the key of a lane that was offered is not read to find the lane", () => {
  const lane = laneOf({ namespace: "", platform: "github", repo: "acme/api", number: 8, bot: "nominal[bot]" })
  // What a decision about a delivery has is no instance.
  const key = offeredLaneKey({ ...lane })
  const reads = vi.spyOn(String.prototype, "split")
  const found = laneOfKey(key)
  const seen = reads.mock.calls.length
  laneOfKey(laneKey(new Lane({ ...lane, namespace: laneOf({ ...lane, namespace: "eu" }).namespace })))
  const seenOfUnknown = reads.mock.calls.length - seen
  reads.mockRestore()
  assert.deepStrictEqual(Option.getOrThrow(found), lane)
  assert.strictEqual(seen, 0)
  assert.isAbove(seenOfUnknown, 0)
})

const small = Schema.Struct({
  namespace: Schema.Literals(["", "github", "gitlab", "a"]),
  platform: Schema.Literals(["github", "gitlab"]),
  repo: Schema.Literals(["a/b", "a/b/c", "github/gitlab"]),
  number: Schema.Literals([1, 11]),
  bot: Schema.Literals(["a", "a[bot]", "1"])
})

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
