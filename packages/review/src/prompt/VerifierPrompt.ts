/** The prompt of the verifier: the claims, and the code that they rest on. */
import type { Side } from "@nominal-code/domain/diff/Patch"
import { Effect, Option } from "effect"
import { quotedLines } from "../answer/Quote.ts"
import type { SourceFiles } from "../context/SourceFiles.ts"
import type { FingerprintedFinding } from "../judgement/Anchor.ts"
import { bare, block, codeBlock, filePath } from "./UntrustedBlocks.ts"

/** A claim under the name that the verifier has for it. */
export interface NamedClaim {
  readonly id: string
  readonly found: FingerprintedFinding
}

/** Lines of code that are shown around what a claim rests on. */
const around = 4

/** Maximum length of one piece of code in lines, and of all code in characters. */
const longestPiece = 60
const mostCode = 60_000

interface Piece {
  readonly path: string
  readonly side: Side
  readonly first: number
  readonly last: number
}

const pieceAt = (path: string, side: Side, first: number, last: number): Piece => ({
  path,
  side,
  first: Math.max(1, first - around),
  last: Math.min(last, first + longestPiece) + around
})

/** Pieces of code that a finding rests on, its own lines first. */
const piecesOf = ({ claim, finding: { line, path, side, startLine = line } }: FingerprintedFinding) => [
  pieceAt(path, side, startLine, line),
  ...(claim?.evidence ?? []).map((one) =>
    pieceAt(one.path, one.side ?? "RIGHT", one.line, one.line + quotedLines(one.quote).length - 1)
  )
]

/** Puts pieces together that overlap or touch. */
const joined = (pieces: ReadonlyArray<Piece>): ReadonlyArray<Piece> =>
  pieces.toSorted((a, b) => a.first - b.first).reduce<ReadonlyArray<Piece>>((before, piece) => {
    const at = before.findIndex(({ last, path, side }) =>
      path === piece.path && side === piece.side && piece.first <= last + 1
    )
    const known = before[at]
    return known === undefined
      ? [...before, piece]
      : before.with(at, { ...known, last: Math.max(known.last, piece.last) })
  }, [])

const shown = Effect.fnUntraced(function*({ first, last, path, side }: Piece, sources: SourceFiles) {
  const file = Option.getOrElse(yield* sources.lines(side, path), (): ReadonlyArray<string> => [])
  const lines = file.slice(first - 1, last).map((text, at) => `${first + at}:${text}`)
  const where = side === "LEFT" ? " before the change" : ""
  return lines.length === 0
    ? []
    : [`${filePath(path)}, from line ${first}${where}:\n${codeBlock("untrusted-code", lines.join("\n"))}`]
})

/** The claim alone: what its first paragraph says, and not why. */
const statementOf = ({ claim, finding }: FingerprintedFinding): string => {
  const [statement = ""] = finding.body.trim().split(/\n\s*\n/, 1)
  return [
    statement,
    ...(claim?.trigger === undefined ? [] : [`For: ${claim.trigger}`]),
    ...(claim?.effect === undefined ? [] : [`Then: ${claim.effect}`]),
    ...(claim?.symbol === undefined ? [] : [`About: ${claim.symbol}`])
  ].join("\n")
}

/** Writes the prompt of the verifier. Code that several claims rest on is shown once. */
export const verifierPrompt = Effect.fnUntraced(
  function*(claims: ReadonlyArray<NamedClaim>, sources: SourceFiles) {
    const statements = claims.map(({ found, id }) => {
      const { category, line, path } = found.finding
      return `${id}, ${bare(category)}, at ${filePath(path, `:${line}`)}\n${
        block("untrusted-claim", statementOf(found))
      }`
    })
    const pieces = joined(claims.flatMap(({ found }) => piecesOf(found)))
    const code = (yield* Effect.forEach(pieces, (piece) => shown(piece, sources))).flat()
    let room = mostCode
    const fitting = code.filter((text) => (room -= text.length) > 0)
    return ["## Claims", ...statements, "## Code", ...fitting].join("\n\n")
  }
)
