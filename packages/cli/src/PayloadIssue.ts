import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Array, Option, Order, type SchemaAST, SchemaIssue } from "effect"
import { distance } from "fastest-levenshtein"

/** A field that a payload may not have, and those that may stand in its place. */
interface UnknownField {
  readonly path: ReadonlyArray<PropertyKey>
  readonly known: ReadonlyArray<string>
}

const fieldsOf = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []

const unknownFields = (
  issue: SchemaIssue.Issue,
  path: ReadonlyArray<PropertyKey> = []
): ReadonlyArray<UnknownField> => {
  if (issue._tag === "UnexpectedKey") return [{ path, known: fieldsOf(issue.ast) }]
  if (issue._tag === "Pointer") return unknownFields(issue.issue, [...path, ...issue.path])
  if ("issues" in issue) return issue.issues.flatMap((inner) => unknownFields(inner, path))
  return "issue" in issue ? unknownFields(issue.issue, path) : []
}

/** Share of a name's characters that a misspelling gets wrong at most. */
const misspelt = 0.45

const nearest = (name: string, known: ReadonlyArray<string>): Option.Option<string> => {
  const ranked = known.map((other) => ({ other, wrong: distance(name, other) / Math.max(name.length, other.length) }))
  return Array.isReadonlyArrayNonEmpty(ranked)
    ? Option.some(Array.min(ranked, Order.mapInput(Order.Number, ({ wrong }) => wrong))).pipe(
      Option.filter(({ wrong }) => wrong <= misspelt),
      Option.map(({ other }) => other)
    )
    : Option.none()
}

const written = (path: ReadonlyArray<PropertyKey>) => path.map(String).join(".")

const suggestion = ({ known, path }: UnknownField): string =>
  Option.match(nearest(String(path.at(-1)), known), {
    onNone: () => "",
    onSome: (name) => `: did you mean ${written([...path.slice(0, -1), name])}?`
  })

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "missing"
    return issue._tag === "UnexpectedKey" ? "no field of a payload" : SchemaIssue.defaultLeafHook(issue)
  }
})

/** Message about an invalid payload, field by field: `event.pr_branch: missing; event.pr_number: Expected …`. */
export const issueText = (issue: SchemaIssue.Issue): string => {
  const suggestions = new Map(unknownFields(issue).map((field) => [written(field.path), suggestion(field)]))
  return oneLine(
    format(issue).issues.map(({ message, path = [] }) => {
      const field = written(path.map((part) => typeof part === "object" ? part.key : part))
      return field === "" ? message : `${field}: ${message}${suggestions.get(field) ?? ""}`
    }).join("; ")
  )
}
