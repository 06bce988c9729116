import { assert, describe, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import { Finding, fingerprint } from "@nominal-code/domain/review/Finding"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Discussion } from "@nominal-code/domain/review/Review"
import { ledgerOf, raisedOf } from "../src/ledger/Ledger.ts"
import { repeatsIn } from "../src/ledger/PriorFindings.ts"
import * as Scene from "./Scene.ts"

const claim = "The returned promise is never awaited, so errors vanish."
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `const v${at + 1} = ${at + 1}`)

const found = (line: number, body = claim, category: Finding["category"] = "bug") =>
  new Finding({
    path: Scene.path("src/x.ts"),
    line,
    side: "RIGHT",
    body,
    severity: "high",
    confidence: "high",
    category
  })

const file = numbered(60).with(9, "save(order)")

/** Our comment on line 10 of the file above. */
const ours = (place: Partial<ConstructorParameters<typeof Discussion>[0]> = {}, said = claim) => {
  const marker = new Marker({
    jobId: JobId.make("1".repeat(20)),
    headSha: Scene.headSha,
    fingerprint: fingerprint(found(10, said), ["save(order)"])
  })
  return new Discussion({
    author: "nominal",
    body: `🟠 **High** · bug · high confidence\n\n${said}\n\n${renderMarker(marker)}`,
    path: Scene.path("src/x.ts"),
    originalLine: 10,
    diffHunk: `@@ -7,4 +7,4 @@\n ${file[6]}\n ${file[7]}\n ${file[8]}\n-const v10 = 10\n+save(order)`,
    resolved: false,
    createdAt: "2026",
    ...place
  })
}

const raised = (finding: Finding, head: ReadonlyArray<string>, by = [ours()]) => {
  const code = head.slice(finding.line - 1, finding.line)
  const located = { finding, fingerprint: fingerprint(finding, code), source: { code, file: head } }
  return repeatsIn([located], { raised: raisedOf(ledgerOf(by, () => true)) })[0] !== undefined
}

describe("a finding that somebody has dismissed", () => {
  const dismissal = new Discussion({
    author: "nominal",
    body: `Dismissed.\n\n${
      renderMarker(
        new Marker({ jobId: JobId.make("2".repeat(20)), dismissed: fingerprint(found(10), ["save(order)"]) })
      )
    }`,
    resolved: true,
    createdAt: "2027"
  })
  const rewritten = file.with(9, "void persist(order)")

  it("stays so when its code has changed, and one that nobody dismissed is news then", () => {
    assert.deepStrictEqual(
      [raised(found(10), rewritten), raised(found(10), rewritten, [ours(), dismissal])],
      [false, true]
    )
  })

  it("hides no other claim there, and not the same one far away", () => {
    const by = [ours(), dismissal]
    assert.isFalse(raised(found(10, "Customers without any address crash this statement."), rewritten, by))
    assert.isFalse(raised(found(40), rewritten, by))
  })

  it("stays so when its comment is deleted, and hides one place then", () => {
    const twice = file.with(44, "save(order)")
    assert.deepStrictEqual(
      [raised(found(10), twice, [dismissal]), raised(found(45), twice, [dismissal])],
      [true, false]
    )
  })
})

describe("a finding that we have raised", () => {
  it("is raised at its line, and news at a second place", () => {
    const head = file.with(44, "save(order)")
    assert.deepStrictEqual([raised(found(10), head), raised(found(45), head)], [true, false])
  })

  it("leaves a third place news, and one with other code, also where all of them are named again", () => {
    const head = file.with(44, "save(order)").with(54, "save(order)").with(49, "save(invoice)")
    const by = [ours(), ours({ line: 45 })]
    const lines = [10, 45, 50, 55]
    assert.deepStrictEqual(lines.map((line) => raised(found(line), head, by)), [true, true, false, false])
  })

  it("goes with its code to another place, and is the first of two where that was copied", () => {
    const moved = numbered(60).with(44, "save(order)")
    assert.isTrue(raised(found(45), moved))
    const copied = moved.with(54, "save(order)")
    assert.deepStrictEqual([raised(found(45), copied), raised(found(55), copied)], [true, false])
  })

  it("is followed to its line when lines shift, also past a new one above it", () => {
    const shifted = [...numbered(20), ...file]
    assert.isTrue(raised(found(30), shifted))
    const above = ["save(order)", ...Array.from({ length: 40 }, () => "// more"), ...file]
    assert.deepStrictEqual([raised(found(1), above), raised(found(51), above)], [false, true])
  })

  it("is where the forge says that it is", () => {
    const head = file.with(44, "save(order)")
    const by = [ours({ line: 45 })]
    assert.deepStrictEqual([raised(found(45), head, by), raised(found(10), head, by)], [true, false])
  })

  it("is no news in other words there, but another claim is", () => {
    assert.isTrue(raised(found(10, "Errors vanish: nothing awaits the promise that save returned."), file))
    assert.isFalse(raised(found(10, "Customers without any address crash this statement."), file))
    assert.isFalse(raised(found(11, "Errors vanish: nothing awaits the promise that save returned."), file))
  })

  it.each([
    [
      "Die Summe beginnt bei null, daher ist der erste Artikel kostenlos.",
      "Der erste Artikel kostet nichts, weil die Summe mit null anfängt.",
      "Der Zugriff ist nicht gesperrt, und die Daten werden daher von der zweiten Instanz überschrieben."
    ],
    [
      "Le total commence à zéro, donc le premier article est gratuit.",
      "Le premier article n'est pas compté, car le total part de zéro.",
      "La connexion n'est pas fermée, donc le pool est vide après une erreur."
    ],
    [
      "总价从零开始，因此第一件商品免费。",
      "第一件商品没有计入，因为总价的初值是零。",
      "这里没有加锁，因此数据可能被另一个线程覆盖。"
    ],
    [
      "合計がゼロから始まるため、最初の商品が無料になります。",
      "最初の商品の価格が合計に含まれず、無料になってしまいます。",
      "接続が閉じられないため、エラーの後に枯渇する可能性があります。"
    ]
  ])("in another language is no news in other words, but another claim is: %s", (said, reworded, other) => {
    const by = [ours({}, said)]
    assert.isTrue(raised(found(10, reworded), file, by))
    assert.isFalse(raised(found(10, other), file, by))
  })

  it("without a place is what comes first in the file", () => {
    const { diffHunk: _, originalLine: __, path: ___, ...folded } = ours()
    const by = [new Discussion(folded)]
    const head = file.with(44, "save(order)")
    assert.deepStrictEqual([raised(found(10), head, by), raised(found(45), head, by)], [true, false])
  })
})
