import { assert, it } from "@effect/vitest"
import { promptOf } from "@nominal-code/domain/command/Mention"
import { Option, Schema } from "effect"

const asks = (body: string, prompt: string, bot = "claude-bot") =>
  assert.deepStrictEqual(promptOf(bot, body), Option.some(prompt), body)

const asksNothing = (body: string, bot = "claude-bot") =>
  assert.deepStrictEqual(promptOf(bot, body), Option.none(), body)

it("takes all that follows the first mention, trimmed, and drops what stands before it", () => {
  asks("@claude-bot fix", "fix")
  asks("Hi there, @claude-bot   look at\n\nthis\n  and @claude-bot that \n", "look at\n\nthis\n  and @claude-bot that")
})

it("reads the name in any case", () => {
  asks("@Claude-Bot fix", "fix")
  asks("@claude-bot fix", "fix", "CLAUDE-BOT")
})

it("takes a bare mention for none", () => {
  for (const body of ["@claude-bot", "@claude-bot   ", "  @claude-bot \n\t\n"]) asksNothing(body)
})

it("is not meant by longer names, addresses, links and paths", () => {
  const bodies = [
    "@claude-botv2 fix",
    "@claude-bot-two fix",
    "@claude-bot_two fix",
    "x@claude-bot fix",
    "a.b@claude-bot.com fix",
    "first.@claude-bot fix",
    "first-@claude-bot fix",
    "first_@claude-bot fix",
    "@claude-bot__two fix",
    "@@claude-bot fix",
    "@claude-bot.example fix",
    "@claude-bot@mastodon.example fix",
    "@claude-bot/team fix",
    "https://forge.example/@claude-bot fix",
    "https://forge.example/用户@claude-bot fix",
    "www.forge.example/?q=@claude-bot fix",
    "claude-bot fix"
  ]
  for (const body of bodies) asksNothing(body)
})

it("is meant next to letters that no login has", () => {
  asks("请@claude-bot 看一下", "看一下")
  asks("请@claude-bot看一下合计", "看一下合计")
  asks("これを@claude-botで確認", "で確認")
  asks("확인@claude-bot해 주세요", "해 주세요")
  asks("проверь@claude-bot: итог", ": итог")
  asks("é@claude-bot fix", "fix")
  asks("@claude-boté", "é")
  asks("（@claude-bot。看）", "。看）")
})

it("is not meant by a name that only a careless comparison takes for it", () => {
  assert.isTrue(Option.isNone(promptOf("kelvin", "@\u212aelvin fix")))
  assert.isTrue(Option.isNone(promptOf("sam", "@\u017fam fix")))
})

it("is meant next to punctuation and formatting", () => {
  asks("(@claude-bot fix)", "fix)")
  asks("**@claude-bot** fix", "** fix")
  asks("__@claude-bot__ fix", "__ fix")
  asks("_@claude-bot fix_", "fix_")
  asks("Hello,@claude-bot fix", "fix")
  asks("@claude-bot, fix", ", fix")
  asks("@claude-bot.\nfix", ".\nfix")
  asks("，@claude-bot，fix", "，fix")
  asks("🙏@claude-bot fix", "fix")
  asks("ขอ@claude-botตรวจ", "ตรวจ")
})

it("finds a mention after one that is none", () => {
  asks("mail x@claude-bot or `@claude-bot a` or @claude-bot-two, but @claude-bot fix", "fix")
})

it("overlooks mentions in fenced code, also in lists and when it never ends", () => {
  asksNothing("```\n@claude-bot fix\n```")
  asksNothing("```ts\n@claude-bot fix\n``\n~~~\n```` `")
  asksNothing("~~~\n@claude-bot fix\n```\n@claude-bot fix")
  asksNothing("1. - ```\n     @claude-bot fix\n     ```")
  asksNothing("````\n```\n@claude-bot fix\n```\n````")
  asks("```\ncode\n```\n@claude-bot fix\n```\nthis\n```", "fix\n```\nthis\n```")
  asks("```\r\n@claude-bot one\r\n```\r\n@claude-bot two", "two")
})

it("overlooks mentions in code spans, over lines too, but not across paragraphs", () => {
  asksNothing("see `@claude-bot fix`")
  asksNothing("see ``a ` @claude-bot fix``")
  asksNothing("see `one\n@claude-bot fix` two")
  asks("a lone ` and @claude-bot fix", "fix")
  asks("a ` here\n\n@claude-bot fix ` there", "fix ` there")
  asks("an escaped \\` and @claude-bot fix `", "fix `")
  asks("``` not a fence `@claude-bot a` ```, @claude-bot fix", "fix")
})

it("overlooks mentions in quotes and hidden comments", () => {
  asksNothing("> @claude-bot fix")
  asksNothing("  > > @claude-bot fix\n\nthanks")
  asksNothing("- > @claude-bot fix")
  asks("> @claude-bot old\n\n@claude-bot new", "new")
  asks("> ```\n@claude-bot fix", "fix")
  asksNothing("<!-- @claude-bot fix -->")
  asksNothing("<!--\n@claude-bot fix\n--> text")
  asks("a <!-- b, @claude-bot fix", "fix")
})

it("knows an app's bot by its name with and without the suffix", () => {
  asks("@nominal fix", "fix", "nominal[bot]")
  asks("@nominal[bot] fix", "fix", "nominal[bot]")
  asks("@nominal[bot] fix", "fix", "nominal")
  asksNothing("@nominal[bot]", "nominal")
})

it("takes the name by its letters, and an empty one for nobody", () => {
  asksNothing("@nominalXbot fix", "nominal.bot")
  asks("@nominal.bot fix", "fix", "nominal.bot")
  asksNothing("@ fix", "")
})

it("takes the text before it where nothing follows", () => {
  asks("Please look at this, @claude-bot", "Please look at this,")
  asks("Can you look at this, @claude-bot?", "Can you look at this, ?")
  asks("Look at this @claude-bot, please!", "Look at this , please!")
  asks("Old: `a` is null @claude-bot", "Old: `a` is null")
  asksNothing("> Please look at this\n\n@claude-bot")
  asksNothing("```\ncode\n```\n@claude-bot")
})

it.prop("never throws, and its prompt is an end of the body, or stands around the mention", [Schema.Array(
  Schema.Literals(["@bot", " ", "\n", "`", "```", "~~~", ">", "<!--", "-->", "\\", "x", "- ", "\r"])
)], ([parts]) => {
  const body = parts.join("")
  const prompt = Option.getOrElse(promptOf("bot", body), () => "")
  const words = (text: string) => text.replaceAll(/\s/g, "")
  const around = Array.from(body.matchAll(/@bot/g), ({ index }) => words(body.slice(0, index) + body.slice(index + 4)))
  assert.isTrue(body.trimEnd().endsWith(prompt) || around.includes(words(prompt)))
})

it("cuts a request that is longer than a comment on GitHub can be, and no character in two", () => {
  const long = "x".repeat(65_535)
  asks(`@claude-bot ${long}y`, `${long}y`)
  asks(`@claude-bot ${long}yz`, `${long}y`)
  asks(`@claude-bot ${long}\u{1f600}`, `${long}\ufffd`)
  asks(`${long}yz @claude-bot`, `${long}y`)
})

it("takes linear time on texts that are made to cost more", () => {
  const hostile = ["`", "``a`", "\\", "@", "<!--", "> ", "- ", "\n", "```\n", " \t", "@bo", "_", "_@"]
  for (const part of hostile) asksNothing(part.repeat(200_000 / part.length))
}, 20_000)
