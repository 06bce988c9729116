import { GraphQlError, parseQuery, type Selection, usedVariables, type Value, Variable } from "./GraphQlQuery.ts"

/** Arguments with their variables filled in. */
export type Arguments = Readonly<Record<string, unknown>>

/** A field: the arguments that it knows, and its value. */
export interface Field {
  readonly args: ReadonlyArray<string>
  resolve(args: Arguments): unknown
}

/** An object of the graph. A field that it does not name does not exist. */
export class GraphNode {
  readonly type: string
  readonly fields: Readonly<Record<string, Field>>

  constructor(type: string, fields: Readonly<Record<string, Field | string | number | boolean | null | undefined>>) {
    this.type = type
    this.fields = Object.fromEntries(
      Object.entries({ ...fields, __typename: type }).map(([name, field]) => [
        name,
        typeof field === "object" && field !== null ? field : { args: [], resolve: () => field ?? null }
      ])
    )
  }
}

/** A field with a value of its own making. */
export const field = (resolve: (args: Arguments) => unknown, ...args: ReadonlyArray<string>): Field => ({
  args,
  resolve
})

const pageSize = ({ first, last }: Arguments, type: string): number => {
  const size = first ?? last
  if (typeof size !== "number") {
    const message = `You must provide a \`first\` or \`last\` value to properly paginate the \`${type}\` connection.`
    throw new GraphQlError({ type: "MISSING_PAGINATION_BOUNDARIES", message })
  }
  if (size < 1 || size > 100) {
    const message = `Requesting ${size} records on the \`${type}\` connection exceeds the limit of 100 records.`
    throw new GraphQlError({ type: "EXCESSIVE_PAGINATION", message })
  }
  return size
}

const cursor = (index: number) => Buffer.from(`cursor:v2:${index}`).toString("base64")
const indexOf = (text: unknown) =>
  typeof text === "string" ? Number(Buffer.from(text, "base64").toString().slice(10)) : -1

/** A paged list: GitHub wants a page size with every one of them, at most 100. */
export const connection = (
  name: string,
  type: string,
  nodes: (filter: unknown) => ReadonlyArray<GraphNode>,
  ...more: ReadonlyArray<"filterBy" | "itemTypes">
): Field =>
  field(
    (args) => {
      const size = pageSize(args, name)
      const all = nodes(args[more[0] ?? "filterBy"])
      const start = args["last"] === undefined ? indexOf(args["after"]) + 1 : Math.max(0, all.length - size)
      const page = all.slice(start, start + size)
      const end = start + page.length
      return new GraphNode(`${type}Connection`, {
        nodes: field(() => page),
        edges: field(() =>
          page.map((node, index) =>
            new GraphNode(`${type}Edge`, { node: field(() => node), cursor: cursor(start + index) })
          )
        ),
        totalCount: all.length,
        pageInfo: field(() =>
          new GraphNode("PageInfo", {
            hasNextPage: end < all.length,
            hasPreviousPage: start > 0,
            startCursor: page.length === 0 ? null : cursor(start),
            endCursor: page.length === 0 ? null : cursor(end - 1)
          })
        )
      })
    },
    "first",
    "last",
    "after",
    "before",
    "orderBy",
    ...more
  )

const filled = (value: Value, variables: Arguments): unknown => {
  if (value instanceof Variable) return variables[value.name]
  if (Array.isArray(value)) return value.map((item: Value) => filled(item, variables))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, variables)]))
}

const shape = (value: unknown, selection: Selection, variables: Arguments): unknown => {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map((item) => shape(item, selection, variables))
  if (value instanceof GraphNode) {
    if (selection.selections !== undefined) return select(value, selection.selections, variables)
    const message = `Field '${selection.name}' returns ${value.type} but has no selections.`
    throw new GraphQlError({ type: "selectionMismatch", message })
  }
  if (selection.selections === undefined) return value
  const message = `Selections can't be made on scalars (field '${selection.name}')`
  throw new GraphQlError({ type: "selectionMismatch", message })
}

const select = (node: GraphNode, selections: ReadonlyArray<Selection>, variables: Arguments): unknown => {
  const wanted = selections.filter(({ on = node.type }) => on === node.type)
  return Object.fromEntries(wanted.map((selection) => {
    const { alias, args, name } = selection
    const known = node.fields[name]
    if (known === undefined) {
      const message = `Field '${name}' doesn't exist on type '${node.type}'`
      throw new GraphQlError({ type: "undefinedField", message })
    }
    const odd = Object.keys(args).find((arg) => !known.args.includes(arg))
    if (odd !== undefined) {
      const message = `Field '${name}' doesn't accept argument '${odd}'`
      throw new GraphQlError({ type: "argumentNotAccepted", message })
    }
    const resolved = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, filled(value, variables)]))
    return [alias, shape(known.resolve(resolved), selection, variables)]
  }))
}

/** Runs a query on the graph's roots. Throws `GraphQlError` where GitHub would answer with `errors`. */
export const runQuery = (
  text: string,
  given: Arguments,
  roots: { readonly query: GraphNode; readonly mutation: GraphNode }
): unknown => {
  const { kind, selections, variables } = parseQuery(text)
  const used = usedVariables(selections)
  const undeclared = [...used].find((name) => !(name in variables))
  if (undeclared !== undefined) {
    throw new GraphQlError({ type: "variableNotDefined", message: `Variable $${undeclared} is not defined` })
  }
  const unused = Object.keys(variables).find((name) => !used.has(name))
  if (unused !== undefined) {
    throw new GraphQlError({ type: "variableNotUsed", message: `Variable $${unused} is declared but not used` })
  }
  return select(roots[kind], selections, { ...variables, ...given })
}
