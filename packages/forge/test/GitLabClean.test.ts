import { assert, describe, it } from "@effect/vitest"
import { clean } from "../src/gitlab/Clean.ts"

const gap = "\u200b"

describe("a text for GitLab", () => {
  it.each([
    ["/close", "\\/close"],
    ["  /merge when ready", "  \\/merge when ready"],
    ["Ask @ada", `Ask @${gap}ada`],
    ["Closes #12 and !7", `Closes #${gap}12 and !${gap}7`],
    ["a ~bug, a ~\"feature request\"", `a ~${gap}bug, a ~${gap}"feature request"`],
    ["%v1.0 and %\"next one\"", `%${gap}v1.0 and %${gap}"next one"`],
    ["&3 and &amp;4", `&${gap}3 and &amp;${gap}4`],
    ["$5 [issue:3] *iteration:4 ^alert#5", `$${gap}5 [${gap}issue:3] *${gap}iteration:4 ^${gap}alert#${gap}5`],
    ["Closes GL-12", `Closes GL-${gap}12`],
    ["[words]\\(//evil.example/a b)", `[words]${gap}\\(//evil.example/a b)`],
    ["[[words|//evil.example]]", `[${gap}[words|//evil.example]]`],
    ["$\\href{//evil.example}{a}$ $$\\url{//b}$$", "\\$\\href{//evil.example}{a}\\$ \\$\\$\\url{//b}\\$\\$"],
    ["\\\\$a`\\href{//evil.example}{b}`$", "\\\\\\$a`\\href{//evil.example}{b}`\\$"]
  ])("%j loses what GitLab acts on", (text, cleaned) => {
    assert.strictEqual(clean(text), cleaned)
  })

  it.each([
    "a/close",
    "`@ada` and `` #12 ` !3 `` in code",
    "100% sure, ~~no~~, a && b, A&B, $x",
    "[words](docs/a.md) and $x^2$",
    "```ts\n@decorated() // #12\n```",
    "~~~\n~bug\n~~~"
  ])("%j stays", (text) => {
    assert.strictEqual(clean(text), text)
  })

  it("has no quick action in a block of code that GitLab may not see as one", () => {
    assert.strictEqual(clean("- ```\n/close\n  ```"), `- \`\`\`\n${gap}/close\n  \`\`\``)
  })

  it("has no code where a backtick is escaped, or may pair with one of the next line", () => {
    assert.strictEqual(clean("\\`` ~a ` ~b `"), `\\\`\` ~${gap}a \` ~${gap}b \``)
    assert.strictEqual(clean("a ` b\n` ~c `\n\n` ~d `"), `a \` b\n\` ~${gap}c \`\n\n\` ~d \``)
    assert.strictEqual(clean(`${"` `` ".repeat(20_001)} ~a`).match(/\u200b/g)?.length, 1)
  })

  it("that is clean stays as it is", () => {
    const once = clean("/close #1 @ada ~bug %2 &3 $4 GL-5 [a]\\(b) [[c]] $\\href{d}$ \\\\$")
    assert.strictEqual(clean(once), once)
  })
})
