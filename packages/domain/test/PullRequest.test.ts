import { assert, it } from "@effect/vitest"
import {
  hasLabel,
  Login,
  PullNumber,
  PullRequestRef,
  PullRequestSlug,
  RepoName,
  RepoPath,
  Sha
} from "@nominal-code/domain/event/PullRequest"
import { Effect, Schema } from "effect"

const accepts = (schema: Schema.Codec<unknown, unknown>, ...values: ReadonlyArray<unknown>) => {
  for (const value of values) assert.isTrue(Schema.is(schema)(value), `should be accepted: ${String(value)}`)
}
const refuses = (schema: Schema.Codec<unknown, unknown>, ...values: ReadonlyArray<unknown>) => {
  for (const value of values) assert.isFalse(Schema.is(schema)(value), `should be refused: ${String(value)}`)
}

it.effect.prop("a slug round-trips", [Schema.toType(PullRequestSlug)], ([pull]) =>
  Effect.gen(function*() {
    const slug = yield* Schema.encodeEffect(PullRequestSlug)(pull)
    assert.deepStrictEqual(yield* Schema.decodeEffect(PullRequestSlug)(slug), pull)
    assert.strictEqual(`${new PullRequestRef({ platform: "github", ...pull })}`, slug)
  }))

it("a slug needs a repository and a number that counts from one", () => {
  const decode = Schema.decodeUnknownExit(PullRequestSlug)
  for (
    const slug of [
      "acme/api",
      "acme/api#",
      "acme/api#0",
      "acme/api#07",
      "acme/api#-1",
      "acme#7",
      "a/b#1#2",
      "a/../b#7",
      "a/b#1e3"
    ]
  ) {
    assert.strictEqual(decode(slug)._tag, "Failure", slug)
  }
})

it("a pull request has a label by its name in any case, and none by an empty name", () => {
  assert.isTrue(hasLabel(["bug", "Nominal:Review"], "nominal:review"))
  assert.isTrue(hasLabel(["nominal:review"], "Nominal:Review"))
  assert.isFalse(hasLabel(["nominal:reviewed", "nominal"], "nominal:review"))
  assert.isFalse(hasLabel([], "nominal:review"))
  assert.isFalse(hasLabel([""], ""))
})

it("a repository's name has no segment that leads elsewhere", () => {
  accepts(RepoName, "acme/api", "group/sub.group/a_b-c", "a/.github", "a/..b", "a/b..", "a.b/c")
  refuses(
    RepoName,
    "..",
    "../api",
    "acme/..",
    "acme/../api",
    "acme/.",
    "./api",
    "acme//api",
    "/acme/api",
    "acme/api/",
    "acme"
  )
  refuses(
    RepoName,
    "acme/a b",
    "acme/a:b",
    "acme/a\nb",
    "acme/a\\b",
    "acme/a%2e",
    "acme/../../../../etc/x",
    `a/${"b".repeat(1024)}`
  )
})

it.prop("a repository's name stays inside the directory that it is put in", [RepoName], ([name]) => {
  assert.isTrue(new URL(`file:///base/${name}/pr-5`).pathname.startsWith("/base/"))
  assert.isFalse(name.split("/").some((segment) => segment === "" || segment === "." || segment === ".."))
})

it("a file's path cannot leave its repository", () => {
  accepts(RepoPath, "a.ts", "src/a b.ts", ".github/x.yml", "a/..b", "a..", "...", "a\nb", "é/🦊.ts")
  refuses(RepoPath, "", "/etc/passwd", "..", "../a", "a/..", "a/../b", "a\n/../b", "\n/..", "a\0b")
})

it("a commit id is hex in full, never a branch or an option", () => {
  accepts(Sha, "0".repeat(40), "a".repeat(64))
  refuses(Sha, "main", "--upload-pack=x", "0".repeat(39), "0".repeat(41), "A".repeat(40), `${"0".repeat(40)}\n`)
})

it("a login is a name, with or without an app's suffix", () => {
  accepts(Login, "alice", "nominal-code[bot]", "group_7_bot_0a", "a.b")
  refuses(Login, "", "a b", "a:b", "a[bot]x", "[bot]", "a/b")
})

it("a pull request's number is a positive integer", () => {
  accepts(PullNumber, 1, 1_000_000)
  refuses(PullNumber, 0, -0, -1, 1.5, Number.NaN, "1")
})
