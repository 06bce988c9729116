import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

/** Runs with a directory that holds these files. */
const withFiles = <A, E>(files: Readonly<Record<string, string>>, use: (directory: string) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped().pipe(Effect.orDie)
    for (const [name, text] of Object.entries(files)) {
      yield* fs.writeFileString(`${directory}/${name}`, text).pipe(Effect.orDie)
    }
    return yield* use(directory)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const load = (env: Record<string, string>) => configured({ env: { ...complete, ...env } })

it.effect("a file wins over an inline text, with one warning that names both", () =>
  withFiles({ "prompt.md": "\nfrom the file\n" }, (directory) =>
    Effect.gen(function*() {
      const { review, warnings } = yield* load({
        REVIEWER_SYSTEM_PROMPT: "inline",
        REVIEWER_SYSTEM_PROMPT_FILE: `${directory}/prompt.md`
      })
      assert.strictEqual(review.reviewer.systemPrompt, "from the file")
      assert.strictEqual(warnings.length, 1)
      assert.match(warnings[0] ?? "", /inline text is ignored, because REVIEWER_SYSTEM_PROMPT_FILE is set/)
    })))

it.effect("an inline text is taken as it is, and none at all leaves the bundled prompt", () =>
  Effect.gen(function*() {
    const { review } = yield* load({ EXPLORER_SYSTEM_PROMPT: " /etc/hostname\n", CODING_GUIDELINES: "- no tabs\n" })
    assert.strictEqual(review.explorer.systemPrompt, " /etc/hostname\n")
    assert.strictEqual(review.codingGuidelines, "- no tabs\n")
    assert.notProperty(review.reviewer, "systemPrompt")
  }))

it.effect("an empty file is an empty prompt", () =>
  withFiles({ "empty.md": "  \n" }, (directory) =>
    Effect.gen(function*() {
      const { review } = yield* load({ REVIEWER_SYSTEM_PROMPT_FILE: `${directory}/empty.md` })
      assert.strictEqual(review.reviewer.systemPrompt, "")
    })))

it.effect("a file that does not exist or is no file stops the start, with its path", () =>
  withFiles({}, (directory) =>
    Effect.gen(function*() {
      const given = {
        ...complete,
        CODING_GUIDELINES_FILE: `${directory}/no.md`,
        EXPLORER_SYSTEM_PROMPT_FILE: directory
      }
      const [explorer = "", guidelines = "", ...others] = yield* problems({ env: given })
      assert.match(explorer, /^agent\.explorer\.system_prompt_file .* is a directory: name a file in it$/)
      assert.match(
        guidelines,
        /^prompts\.coding_guidelines_file \(CODING_GUIDELINES_FILE\): the file ".*no\.md" does not exist/
      )
      assert.deepStrictEqual(others, [])
    })))

it.effect("without a directory, the guidelines are those of the program that reviews: none travels with a job", () =>
  Effect.gen(function*() {
    assert.notProperty((yield* load({})).review, "languageGuidelines")
  }))

it.effect("a directory replaces the bundled guidelines, all of them", () =>
  withFiles({ "go.md": " use go vet \n", "empty.md": " \n", "notes.txt": "no" }, (directory) =>
    Effect.gen(function*() {
      const { review } = yield* load({ LANGUAGE_GUIDELINES_DIR: directory })
      assert.deepStrictEqual(review.languageGuidelines, { go: "use go vet" })
    })))

it.effect("an empty directory leaves no language", () =>
  withFiles({}, (directory) =>
    Effect.gen(function*() {
      const { review, warnings } = yield* load({ LANGUAGE_GUIDELINES_DIR: directory })
      assert.deepStrictEqual([review.languageGuidelines, warnings], [{}, []])
    })))

it.effect("a file where a directory of guidelines is named is said to be unreadable, and not to be missing", () =>
  withFiles({ "go.md": "use go vet" }, (directory) =>
    Effect.gen(function*() {
      const [problem = ""] = yield* problems({ env: { ...complete, LANGUAGE_GUIDELINES_DIR: `${directory}/go.md` } })
      assert.match(problem, /the guidelines in ".*\/go\.md" are not readable \(\w+\)$/)
    })))
