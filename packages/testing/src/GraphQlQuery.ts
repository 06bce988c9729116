import { Data } from "effect"

/** The query is not one that GitHub would run. */
export class GraphQlError extends Data.TaggedError("GraphQlError")<{
  readonly type: string
  readonly message: string
}> {}

/** An argument as it is written; a variable has yet to be looked up. */
export type Value =
  | string
  | number
  | boolean
  | null
  | ReadonlyArray<Value>
  | { readonly [key: string]: Value }
  | Variable

export class Variable {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export interface Selection {
  /** The type that an inline fragment is for. */
  readonly on?: string
  readonly name: string
  readonly alias: string
  readonly args: Readonly<Record<string, Value>>
  readonly selections: ReadonlyArray<Selection> | undefined
}

export interface Query {
  readonly kind: "query" | "mutation"
  readonly variables: Readonly<Record<string, Value | undefined>>
  readonly selections: ReadonlyArray<Selection>
}

const token = /[\s,]*(?:#[^\n]*[\s,]*)*(\.\.\.|[!$():=@[\]{}|]|[_A-Za-z]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|$)/y

const tokens = (text: string): Array<string> => {
  const words: Array<string> = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const [, word] = token.exec(text) ?? []
    if (word === undefined) throw new GraphQlError({ type: "parse", message: `Parse error at ${at}` })
    if (word === "") break
    words.push(word)
  }
  return words
}

class Parser {
  readonly #words: Array<string>

  constructor(text: string) {
    this.#words = tokens(text)
  }

  query(): Query {
    const kind = this.#words[0] === "{" ? "query" : this.#words.shift()
    if (kind !== "query" && kind !== "mutation") throw this.#unexpected(kind)
    if (this.#words[0] !== "{" && this.#words[0] !== "(") this.#words.shift()
    const variables: Record<string, Value | undefined> = {}
    if (this.#accept("(")) { while (!this.#accept(")")) Object.assign(variables, this.#variable()) }
    const selections = this.#selections()
    if (this.#words.length > 0) throw this.#unexpected(this.#words[0])
    return { kind, variables, selections }
  }

  #variable(): Record<string, Value | undefined> {
    this.#expect("$")
    const name = this.#words.shift() ?? ""
    this.#expect(":")
    while (/^[\w![\]]+$/.test(this.#words[0] ?? "")) this.#words.shift()
    return { [name]: this.#accept("=") ? this.#value() : undefined }
  }

  #selections(): ReadonlyArray<Selection> {
    this.#expect("{")
    const selections: Array<Selection> = []
    while (!this.#accept("}")) {
      if (this.#accept("...")) {
        this.#expect("on")
        const on = this.#words.shift() ?? ""
        selections.push(...this.#selections().map((selection) => ({ ...selection, on })))
      } else selections.push(this.#field())
    }
    return selections
  }

  #field(): Selection {
    const first = this.#name()
    const name = this.#accept(":") ? this.#name() : first
    const args: Record<string, Value> = {}
    if (this.#accept("(")) {
      while (!this.#accept(")")) {
        const key = this.#name()
        this.#expect(":")
        args[key] = this.#value()
      }
    }
    return { name, alias: first, args, selections: this.#words[0] === "{" ? this.#selections() : undefined }
  }

  #value(): Value {
    const word = this.#words.shift() ?? ""
    if (word === "$") return new Variable(this.#name())
    if (word === "[") {
      const items: Array<Value> = []
      while (!this.#accept("]")) items.push(this.#value())
      return items
    }
    if (word === "{") {
      const fields: Record<string, Value> = {}
      while (!this.#accept("}")) {
        const key = this.#name()
        this.#expect(":")
        fields[key] = this.#value()
      }
      return fields
    }
    if (/^(?:"|-?\d|true$|false$|null$)/.test(word)) return JSON.parse(word)
    // What is left are the names of an enumeration.
    return /^\w+$/.test(word) ? word : this.#fail(word)
  }

  #name(): string {
    const word = this.#words.shift() ?? ""
    return /^[_A-Za-z]\w*$/.test(word) ? word : this.#fail(word)
  }

  #accept(word: string): boolean {
    if (this.#words[0] !== word) return false
    this.#words.shift()
    return true
  }

  #expect(word: string): void {
    if (!this.#accept(word)) throw this.#unexpected(this.#words[0])
  }

  #fail(word: string): never {
    throw this.#unexpected(word)
  }

  #unexpected(word: string | undefined): GraphQlError {
    return new GraphQlError({ type: "parse", message: `Parse error on ${JSON.stringify(word ?? "end of input")}` })
  }
}

/** Reads a document with one operation: variables, arguments, aliases and inline fragments. Throws `GraphQlError`. */
export const parseQuery = (text: string): Query => new Parser(text).query()

/** Every variable that a query uses. */
export const usedVariables = (selections: ReadonlyArray<Selection>): ReadonlySet<string> => {
  const names = new Set<string>()
  const visit = (value: Value): void => {
    if (value instanceof Variable) names.add(value.name)
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit)
  }
  const walk = ({ args, selections = [] }: Selection): void => {
    Object.values(args).forEach(visit)
    selections.forEach(walk)
  }
  selections.forEach(walk)
  return names
}
