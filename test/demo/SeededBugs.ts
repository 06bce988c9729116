import { submitReview, type SubmittedComment } from "@nominal-code/testing/ScriptedModel"
import type { Storefront } from "./Storefront.ts"

/** One seeded bug, known to the scripted model by the code that stands there. */
interface SeededBug extends Omit<SubmittedComment, "line" | "start_line"> {
  /** Text of the first line that it is about. */
  readonly from: string
  /** Number of its lines, 1 by default. */
  readonly lines?: number
}

const bugs: ReadonlyArray<SeededBug> = [
  {
    path: "src/orders/OrderRepository.ts",
    from: "AND note ILIKE '%${text}%'",
    lines: 3,
    severity: "critical",
    confidence: "high",
    category: "security",
    body: "`text` comes straight from the query string and becomes part of the statement: `q=' OR 1=1 --` reads every "
      + "customer's orders. Send it as a parameter, as `list` does with its own.",
    suggestion: [
      "      `SELECT ${columns} FROM orders WHERE customer_id = $1 AND note ILIKE '%' || $4 || '%' ` +",
      "        \"ORDER BY placed_at DESC LIMIT $2 OFFSET $3\",",
      "      [customerId, size, (page - 1) * size, text],"
    ].join("\n")
  },
  {
    path: "src/payments/refund.ts",
    side: "LEFT",
    from: "if (order.status === \"refunded\") {",
    lines: 3,
    severity: "critical",
    confidence: "high",
    category: "bug",
    body: "This guard was the only thing that kept an order from being refunded twice. With partial refunds it has to "
      + "become stricter, not disappear: refuse when `order.refunded` plus the new amount exceeds `order.total`."
  },
  {
    path: "src/payments/refund.ts",
    from: "  orders.addRefund(order.id, amount);",
    severity: "high",
    confidence: "high",
    category: "concurrency",
    body:
      "The `await` got lost. The answer goes out before the refund is recorded, and when the update fails the error "
      + "is an unhandled rejection: the money is gone and the order does not know.",
    suggestion: "  await orders.addRefund(order.id, amount);"
  },
  {
    path: "src/payments/money.ts",
    from: "cents: amount.cents * ratio };",
    severity: "high",
    confidence: "high",
    category: "bug",
    body:
      "`Money` is whole cents, and this makes fractions of them: a third of €10.00 is 333.3333333333333 cents, which "
      + "the gateway refuses and `refunded_cents` (an integer column) cannot hold.",
    suggestion: "  return { ...amount, cents: Math.round(amount.cents * ratio) };"
  },
  {
    path: "src/orders/page.ts",
    from: "Math.floor(items / size) + 1;",
    severity: "medium",
    confidence: "high",
    category: "bug",
    body: "Off by one whenever the last page is full: 20 orders at 20 a page make two pages, and `hasNext` leads to an "
      + "empty one.",
    suggestion: "  const pages = Math.max(1, Math.ceil(items / size));"
  },
  {
    path: "src/http/orderRoutes.ts",
    from: "const { ratio } = await c.req.json();",
    severity: "medium",
    confidence: "medium",
    category: "error-handling",
    body:
      "Nothing checks `ratio`: `2` refunds twice the order, `-1` charges the customer, and a request without a body, "
      + "which was fine until now, throws here. Accept a missing body and require `0 < ratio <= 1`."
  },
  {
    path: "src/payments/PaymentGateway.ts",
    from: "\"Idempotency-Key\": `refund-${orderId}`,",
    severity: "high",
    confidence: "medium",
    category: "bug",
    body:
      "Knock-on effect: the idempotency key is one for each order, so the gateway takes a second partial refund for a "
      + "repetition of the first and pays nothing, while `addRefund` counts it. The key has to name the refund."
  }
]

const summary =
  "The search and the page counts are easy to follow, but the refund path is not safe to merge: it can pay "
  + "out twice, record fractions of cents, and lose the record of a refund. The search builds SQL from user input. "
  + "A test for a second partial refund of the same order would have caught three of the findings."

const lineOf = (text: string, from: string): number => text.split("\n").findIndex((line) => line.includes(from)) + 1

const placeOf = (start: number, lines: number) =>
  lines === 1 ? { line: start } : { start_line: start, line: start + lines - 1 }

const fixedSummary =
  "The refund is recorded before the answer goes out, in whole cents, and the search sends its text as a parameter. What "
  + "is open lets an order be paid out twice."

/** Bugs that stand in the files: a fix takes the code away that one is known by. */
const standing = ({ base, head }: Storefront) =>
  bugs.flatMap(({ from, lines = 1, ...bug }) => {
    const start = lineOf((bug.side === "LEFT" ? base : head)[bug.path] ?? "", from)
    return start === 0 ? [] : [{ bug, from, lines, start }]
  })

/** The call with which the scripted model hands in what it knows about the seeded bugs. */
export const seededReview = (storefront: Storefront) =>
  submitReview(
    summary,
    standing(storefront).map(({ bug, from, lines, start }) => ({
      ...bug,
      ...placeOf(start, lines),
      evidence: [{ path: bug.path, line: start, quote: from }]
    }))
  )

const lettersOf = (text: string): string => text.replaceAll(/[^a-z]/gi, "")

/** The call with which it answers for its earlier findings, as a later prompt names them. */
export const seededAnswers = (storefront: Storefront, prompt: string) => {
  const open = new Set(standing(storefront).map(({ bug }) => bug.body))
  const earlier = Array.from(prompt.matchAll(/^### (E\d+): [^\n]*\n([^]*?)(?=^#|$(?![^]))/gm), ([, id, text = ""]) => {
    const known = bugs.find(({ body }) => lettersOf(text).includes(lettersOf(body).slice(0, 40)))
    const quote = known?.suggestion?.split("\n")[0]
    return known === undefined || open.has(known.body) ? { id, status: "open" } : { id, status: "fixed", quote }
  })
  return { name: "submit_review", input: { summary: fixedSummary, comments: [], earlier } }
}

/** Files in which every suggestion is applied; those alone that it changes. */
export const fixedFiles = (storefront: Storefront): Readonly<Record<string, string>> => {
  const fixed: Record<string, string> = {}
  for (const { bug: { path, suggestion }, lines, start } of standing(storefront)) {
    if (suggestion === undefined) continue
    const before = (fixed[path] ?? storefront.head[path] ?? "").split("\n")
    fixed[path] = before.toSpliced(start - 1, lines, ...suggestion.split("\n")).join("\n")
  }
  return fixed
}
