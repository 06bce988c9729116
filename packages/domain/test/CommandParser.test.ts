import { assert, describe, it } from "@effect/vitest"
import type { Command } from "@nominal-code/domain/command/Command"
import { commandOf, parse } from "@nominal-code/domain/command/CommandParser"
import { promptOf } from "@nominal-code/domain/command/Mention"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Option, Schema } from "effect"
import { comment } from "./Comment.ts"

const shown = (command: Option.Option<Command>): string =>
  Option.match(command, {
    onNone: () => "nothing",
    onSome: (one) => {
      if (one._tag === "Review") return `${one.full ? "full review" : "review"}${one.focus === "" ? "" : ": …"}`
      if (one._tag === "Dismiss") return `Dismiss: ${one.reason}`
      return one._tag
    }
  })

const understands = (meaning: string, texts: ReadonlyArray<string>) => {
  for (const text of texts) assert.strictEqual(shown(parse(text)), meaning, text)
}

describe("a command", () => {
  it("is understood in any case, with any punctuation and formatting", () => {
    for (
      const [name, tag] of [
        ["pause", "Pause"],
        ["resume", "Resume"],
        ["ignore", "Ignore"],
        ["cancel", "Cancel"],
        ["resolve", "Resolve"],
        ["help", "Help"],
        ["config", "Config"]
      ] as const
    ) {
      understands(tag, [
        name,
        name.toUpperCase(),
        `${name}.`,
        `: ${name}`,
        `, please ${name}!`,
        `\`${name}\``,
        `**${name}**`,
        `/${name}`,
        `- ${name}`,
        `${name} please`,
        `can you ${name}?`,
        `\n${name}\n`
      ])
    }
  })

  it("pauses, as people say it", () => {
    understands("Pause", [
      "stop reviewing this",
      "Stop reviewing this PR!",
      "please stop reviewing this pull request.",
      "stop reviews",
      "stop",
      "can you stop reviewing this MR?",
      "could you please stop reviewing",
      "don't review this",
      "Don’t review this anymore",
      "do not review",
      "no more reviews please",
      "pause the reviews for now",
      "pause, I am still working on it",
      "stop reviewing this. It's WIP.",
      "pause\n\nI am not done yet",
      "leave this alone",
      "stop reviewing this one",
      "stop reviewing these changes",
      "stop reviewing this until I say so",
      "stop reviewing every push",
      "stop reviewing on every push",
      "stop auto-reviewing",
      "stop automatically reviewing this",
      "stop looking at this",
      "quit reviewing this",
      "halt",
      "halt all reviews",
      "pause until Monday",
      "do not review this yet",
      "don't automatically review my PR",
      "don't review this until it is ready",
      "no reviews please",
      "no review, please",
      "disable reviews on this PR",
      "turn off the reviews",
      "turn reviews off",
      "mute",
      "skip reviewing this",
      "skip this PR",
      "hold off",
      "please hold off on reviewing this",
      "hold off on reviews for now",
      "暂停",
      "hör auf"
    ])
  })

  it("resumes, ignores, cancels and resolves, as people say it", () => {
    understands("Resume", [
      "resume reviews",
      "unpause",
      "resume reviewing this",
      "start reviewing again",
      "enable reviews",
      "turn the reviews on",
      "unmute",
      "resume - I am done"
    ])
    understands("Ignore", [
      "ignore this",
      "ignore this pull request",
      "ignore this PR from now on",
      "Ignore this PR, it is generated"
    ])
    understands("Cancel", [
      "cancel the review",
      "abort",
      "cancel this review please",
      "stop the review",
      "stop this review!"
    ])
    understands("Resolve", ["resolve this", "resolve this thread", "resolve the conversation, please"])
    understands("Config", ["configuration", "show config", "show me the settings", "settings?"])
    understands("Help", ["help?", "commands", "what can you do?"])
  })

  it("takes the reason of a dismissal from what follows it", () => {
    understands("Dismiss: ", ["dismiss", "dismiss this.", "Dismiss!"])
    understands("Dismiss: the caller checks it", [
      "dismiss the caller checks it",
      "dismiss: the caller checks it",
      "dismiss this, the caller checks it",
      "please dismiss because the caller checks it",
      "dismiss\n\nthe caller checks it",
      "`dismiss` the caller checks it"
    ])
    understands("Dismiss: `x` is never null.\nSee `y`.", ["dismiss `x` is never null.\nSee `y`."])
  })

  it("is not understood from a sentence that only contains its word", () => {
    understands("Ask", [
      "cancel the subscription where?",
      "stop reviewing generated files",
      "do not review generated files",
      "please don't review the tests",
      "no review is needed here, is it?",
      "skip this test?",
      "why hold off?",
      "ignore the lock file",
      "resolve: how is the name resolved here?",
      "pause() is called twice, why?",
      "help, why does this fail?",
      "config\nis this key right?",
      "is it possible to cancel the job of a lane?",
      "the dismiss button does nothing",
      "why did you pause?",
      "no reviews yet?",
      "no review yet",
      "no comments?",
      "stop until the queue is empty?",
      "stop on every push?"
    ])
  })
})

describe("a request for a review", () => {
  it("that names nothing is one for the pull request as a whole", () => {
    understands("review", [
      "review",
      "Review!",
      "`review`",
      "please review",
      "please review this again",
      "Can you re-review, please?",
      "can you review this?",
      "could you have another look?",
      "take another look",
      "re-review",
      "review this PR again please",
      "review again, thanks",
      "PTAL",
      "look again",
      "check this again",
      "ready for review",
      "ready for another look",
      "please take another look at this",
      "one more pass please"
    ])
    understands("full review", [
      "review full",
      "full review",
      "please do a full review",
      "Review this fully",
      "review from scratch"
    ])
  })

  it("that names something is a focused one", () => {
    understands("review: …", [
      "review the locking",
      "review src/cart.ts",
      "look at the locking again",
      "check the locks",
      "focus on security",
      "please check whether the total is right",
      "I pushed the fixes, please review again the cart",
      "Fixed the cart. Can you take another look?",
      "Can you look at the error handling in src/a.ts?",
      "review\n\nthe locks above all",
      "double-check the migration",
      "this is done now, please have a look at the tests",
      "No. Review this please",
      "No, review this",
      "no review yet, please review",
      "do not hesitate to review this",
      "do not forget to review the tests"
    ])
    understands("full review: …", ["review full, and look at the locks", "full review of the migration"])
  })

  it("is understood in other languages", () => {
    understands("review: …", [
      "看一下合计",
      "看",
      "请检查一下并发问题",
      "で確認してください",
      "もう一度レビューしてください",
      "해 주세요",
      "다시 검토해 주세요",
      ": проверь сумму",
      "посмотри ещё раз",
      "bitte nochmal prüfen",
      "kannst du das nochmal prüfen?",
      "schau dir die Sperren an",
      "relis ce fichier",
      "revisa los cambios por favor",
      "controlla di nuovo",
      "ich habe alles erledigt, bitte prüfen",
      "已修复，请重新检查",
      "修正しました。確認お願いします",
      "수정했습니다 확인해 주세요"
    ])
  })
})

describe("a question", () => {
  it("is understood with and without the word ask", () => {
    understands("Ask", [
      "ask why is this null?",
      "ask: what calls this",
      "Ask why",
      "why is this null?",
      "why?",
      "is this thread-safe?",
      "is the locking right?",
      "what does this do",
      "How does the review find its place?",
      "explain the change",
      "did you review the tests?",
      "warum ist das so?",
      "warum prüfst du das nicht?",
      "pourquoi ?",
      "为什么不检查这个?",
      "何故",
      "なぜ確認しないのですか",
      "почему здесь null?"
    ])
  })

  it("is what a reply to a finding is, too", () => {
    understands("Ask", [
      "this is intended because the caller holds the lock",
      "I disagree, the value is checked above.",
      "your review is wrong here",
      "the review missed a place",
      "that's on purpose",
      "sieht gut aus",
      "Das prüfen wir später",
      "j'ai déjà vérifié, x n'est jamais nul",
      "我已经检查过了，没问题",
      "看起来没问题",
      "確認しました、意図的です",
      "확인했습니다",
      "мы уже проверили это",
      "go on",
      "hi there, what's up?"
    ])
  })

  it("keeps what was asked", () => {
    assert.deepStrictEqual(Option.getOrThrow(parse("ask  why is `x` null?\n\nIt looks odd. ")), {
      _tag: "Ask",
      text: "why is `x` null?\n\nIt looks odd."
    })
  })
})

it("nothing is asked by thanks, greetings and signs", () => {
  understands("nothing", [
    "thanks!",
    "Thank you so much",
    "ok",
    "good catch, fixed",
    "nice work",
    "LGTM",
    "👍",
    "!!",
    "hi",
    "cc",
    "谢谢",
    "danke"
  ])
})

it("a quotation and code say nothing for the person who quotes", () => {
  understands("Ask", ["> please review this again\n\nhow so?"])
  understands("nothing", ["> why is this null?\n\nthanks", "```\nreview?\n```\nthanks"])
})

it("text before the mention is the request where nothing follows it", () => {
  const asks = (body: string) => shown(Option.flatMap(promptOf("bot", body), parse))
  assert.strictEqual(asks("Can you review this, @bot?"), "review")
  assert.strictEqual(asks("Can you review this, @bot please?"), "review")
  assert.strictEqual(asks("Why is this null? @bot"), "Ask")
  assert.strictEqual(asks("please pause @bot."), "Pause")
  assert.strictEqual(asks("I dropped this before. @bot review"), "review")
  assert.strictEqual(asks("cc @bot"), "nothing")
  assert.strictEqual(asks("> why?\n\n@bot"), "nothing")
  assert.strictEqual(asks("@bot why is this null?"), "Ask")
})

it("to ignore a comment on the diff dismisses its finding, and stops no reviews of the pull request", () => {
  const onDiff = PullRequestEvent.cases.Comment.make({
    ...comment(9),
    kind: "review_comment",
    filePath: RepoPath.make("src/a.ts")
  })
  const meaning = (event: PullRequestEvent, prompt: string) => shown(Option.some(commandOf({ event, prompt })))
  assert.strictEqual(meaning(onDiff, "ignore this, it's a false positive"), "Dismiss: it's a false positive")
  assert.strictEqual(meaning(onDiff, "Please ignore it."), "Dismiss: ")
  for (const prompt of ["ignore", "ignore this PR", "ignore: done"]) {
    assert.strictEqual(meaning(onDiff, prompt), "Ignore")
  }
  assert.strictEqual(meaning(comment(9), "ignore this, I am not done"), "Ignore")
})

it("a job without a comment of the forge is a review, whatever its prompt", () => {
  assert.strictEqual(shown(Option.some(commandOf({ event: comment(0), prompt: "is it right?" }))), "review: …")
  assert.strictEqual(shown(Option.some(commandOf({ event: comment(9), prompt: "is it right?" }))), "Ask")
  assert.strictEqual(shown(Option.some(commandOf({ event: comment(9), prompt: " " }))), "review")
  assert.strictEqual(shown(Option.some(commandOf({ event: comment(9), prompt: "thanks" }))), "Ask")
})

it.prop("a command is one whatever signs stand around it", [
  Schema.Literals(["pause", "resume", "ignore", "cancel", "resolve", "help", "config"]),
  Schema.Array(Schema.Literals([" ", "\n", "*", "_", "`", ":", ",", "-", "!", "/", "“"])).check(Schema.isMaxLength(8)),
  Schema.Array(Schema.Literals([" ", "\n", "*", "_", "`", ".", "!", "…", "”"])).check(Schema.isMaxLength(8))
], ([name, before, after]) => {
  const text = `${before.join("")}${name}${after.join("")}`
  assert.strictEqual(shown(parse(text)).toLowerCase(), name)
})

it.prop("never throws, and what is asked is a part of the text", [Schema.Array(
  Schema.Union([
    Schema.Literals(["ask", "dismiss", "review", "?", "`", "\n", " ", ">", "看", "stop", "please", ","]),
    Schema.String
  ])
)], ([parts]) => {
  const text = parts.join(" ")
  const command = parse(text)
  if (Option.isSome(command) && command.value._tag === "Ask") assert.include(text, command.value.text)
  if (Option.isSome(command) && command.value._tag === "Review") assert.include(text, command.value.focus)
})

it("takes linear time on texts that are made to cost more", () => {
  const hostile = [
    "please ",
    "ask : ",
    "stop the ",
    "dismiss ",
    "a another ",
    ", ",
    "`",
    "> ",
    "review the ",
    "é",
    "\n",
    "a-"
  ]
  for (const part of hostile) assert.isDefined(parse(part.repeat(200_000 / part.length)))
}, 20_000)
