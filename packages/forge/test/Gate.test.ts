import { assert, describe, it } from "@effect/vitest"
import { Login, RepoPath } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import { KnownSecrets, makeKnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { breaches } from "@nominal-code/testing/Renderer"
import { Effect, Redacted, type Scope } from "effect"
import { Forge } from "../src/Forge.ts"
import { makeOutgoingText } from "../src/outgoing/OutgoingText.ts"
import { comment, draft, jobId, opened } from "./FakeGitHub.ts"
import { forgeOf, gitHubScene, gitLabScene, type Scene } from "./ForgeScene.ts"

const canary = "c4n4ry-9f8e7d6c5b4a3"
const known = makeKnownSecrets([Redacted.make(canary)])

const split = (by: string) => Array.from(canary).join(by)

/** The canary in every form that gives it away. */
const forms: Readonly<Record<string, string>> = {
  plain: canary,
  base64: Buffer.from(canary).toString("base64"),
  "base64 for URLs": Buffer.from(canary).toString("base64url"),
  hex: Buffer.from(canary).toString("hex"),
  "hex in capitals": Buffer.from(canary).toString("hex").toUpperCase(),
  "a URL": `https://github.com/?q=${encodeURIComponent(canary)}`,
  reversed: Array.from(canary).reverse().join(""),
  "split by zero-width spaces": split("\u200b"),
  "split by joiners": split("\u200d"),
  "split by non-joiners": split("\u200c"),
  "split by variation selectors": split("\ufe0f"),
  "split by selectors of the second kind": split("\u{e0101}"),
  "split by tag characters": split("\u{e0041}"),
  "split by marks of direction": split("\u202e")
}

/** Text of a hostile model for every field. */
const hostile = (secret: string) =>
  `${secret} @acme/everyone fixes #1 ![x](https://evil.example/?q=1) <img src=x> [y](https://evil.example)\n/merge\n` +
  `<!-- nominal-code job=${"0".repeat(20)} finding=${"f".repeat(16)} -->`

const readable = (text: string) =>
  text.replaceAll(/[\p{Cf}\p{Variation_Selector}\p{Default_Ignorable_Code_Point}]|\[U\+\w+\]/gu, "")

/** Forms in which a text gives the canary away. */
const given = (text: string): ReadonlyArray<string> =>
  Object.entries(forms).filter(([, form]) => readable(text).includes(readable(form))).map(([name]) => name)

/** Has a text in every field that leaves for the forge. */
const everyField = Effect.fnUntraced(function*({ head, ref }: Scene, text: string) {
  const forge = yield* Forge
  const event = { ...opened, pullRequest: ref, headSha: head }
  const known = yield* forge.ownPosts(ref, jobId)
  const asked = PullRequestEvent.cases.Comment.make({
    kind: ref.platform === "github" ? "issue_comment" : "note",
    pullRequest: ref,
    title: "A change",
    author: Login.make("mara"),
    authorIsBot: false,
    body: "why?",
    commentId: 1
  })
  yield* forge.reply(asked, jobId, text, known)
  const path = RepoPath.make(`src/${text.replaceAll("\0", "")}`)
  yield* forge.publish(
    draft(
      [
        comment(10, { body: text, suggestion: text }),
        comment(20, { body: text, suggestion: text }),
        comment(12, { path, body: text })
      ],
      { pullRequest: ref, headSha: head, event, summary: text }
    ),
    known
  )
  yield* forge.check(
    new CheckedCommit({ pullRequest: ref, headSha: head, jobId }),
    CheckState.cases.Done.make({
      conclusion: "success",
      title: text,
      summary: text,
      annotations: [{
        path: RepoPath.make("src/cart.ts"),
        startLine: 10,
        line: 10,
        severity: "high",
        title: text,
        text
      }]
    })
  )
})

const strings = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
    ? Object.values(value).flatMap(strings)
    : []

const run = (scene: Scene, text: string) =>
  everyField(scene, text).pipe(
    Effect.provide(forgeOf(scene)),
    Effect.provideService(KnownSecrets, known),
    Effect.provideService(RunStillWanted, Effect.succeed(true))
  )

const gateSuite = (name: string, makeScene: Effect.Effect<Scene, unknown, Scope.Scope>) =>
  describe(`what is sent to ${name}`, () => {
    it.effect("gives no secret away, in any of fourteen forms, in each text that a review, a reply and a check have", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* run(scene, hostile(Object.entries(forms).map(([form, secret]) => `${form}: ${secret}`).join("\n\n")))
        const sent = scene.requests.flatMap(({ body }) => strings(body))
        assert.isAtLeast(sent.filter((text) => text.includes("[REDACTED]")).length, 4)
        for (const text of sent) assert.deepStrictEqual(given(text), [], text)
      }))

    it.effect("holds nothing that a reader of its Markdown would act on, but what we put there", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* run(scene, hostile("words"))
        const { inline, summaries } = scene.ownPosts()
        assert.isAtLeast(inline.length + summaries.length, 2)
        for (const posted of [...summaries, ...inline.map(({ body }) => body)]) {
          assert.deepStrictEqual(
            breaches(
              posted.replaceAll(
                /<!-- nominal-code[^>]*-->\s*/g,
                (marker, at: number) =>
                  posted.slice(at).trim().replaceAll(/<!-- nominal-code[^>]*-->\s*/g, "") === "" ? "" : marker
              )
            ),
            [],
            posted
          )
        }
      }))
  })

gateSuite("GitHub", gitHubScene)
gateSuite("GitLab", gitLabScene)

describe("a text that is cut", () => {
  const text = makeOutgoingText({ redact: known.redact, forgeHost: "github.com" })
  const lively = "@acme/everyone fixes #1 https://evil.example <img src=x> "

  it("is cut before it is cleaned, so that nothing comes to life where the cut takes the end of code", () => {
    for (
      const [open, close] of [["`", "`"], ["``", "``"], ["~~~\n", "\n~~~"], ["<!-- ", " -->"], [
        "[",
        "](https://github.com)"
      ]]
    ) {
      const posted = text.markdown(`Words. ${open}${lively.repeat(1_000)}${close}`, 20_000)
      assert.isAtMost(posted.length, 20_000)
      assert.deepStrictEqual(breaches(posted), [], open)
    }
  })

  it("fits, though cleaning makes it longer", () => {
    const posted = text.markdown("@<".repeat(10_000), 20_000)
    assert.isAtMost(posted.length, 20_000)
    assert.isAbove(posted.length, 10_000)
  })

  it("hides a secret whose end is cut off no worse than a whole one that the cut would split", () => {
    assert.notInclude(text.markdown(`${"a".repeat(50)}\n${canary}`, 10_000), canary)
  })

  it("is read a few times and no more, and shown as code where it has more marks than anybody writes", () => {
    for (
      const atom of [
        "words and `code` [a](b) @c #1. ",
        "[",
        "![",
        "`a``b",
        "a\n=\n",
        "@<",
        "<b>",
        "&#64;",
        "```\na\n",
        "\n\n- a\n  - b\n"
      ]
    ) {
      let rounds = 0
      const counted = makeOutgoingText({
        redact: (text) => {
          rounds++
          return text
        },
        forgeHost: "github.com"
      })
      const posted = counted.markdown(atom.repeat(65_536 / atom.length), 65_000)
      assert.match(posted, /^(`{3,})\n[^]*\n\1$/, atom)
      // One for each try to make it fit.
      assert.isAtMost(rounds, 4, atom)
      const short = counted.markdown(atom.repeat(2_000 / atom.length), 65_000)
      if (!atom.startsWith("```")) assert.notMatch(short, /^```/, atom)
    }
  })

  it("takes four times as long for four times the text, made of words, emphasis, list marks or links", () => {
    const took = (atom: string, size: number): number => {
      const given = atom.repeat(Math.ceil(size / atom.length))
      const from = process.threadCpuUsage()
      text.markdown(given, size)
      const { system, user } = process.threadCpuUsage(from)
      return (system + user) / 1000
    }
    for (
      const atom of [`${"words and words, ".repeat(12)}\`code\` [a](b) @c #1.\n\n`, "*_", "- ", "https://a.example "]
    ) {
      const isLinear = () => took(atom, 131_072) < 8 * Math.max(20, took(atom, 32_768))
      assert.isTrue(isLinear() || isLinear() || isLinear(), JSON.stringify(atom))
    }
  })
})
