/** Outline of a file by its syntax tree: the names that it defines, where it mentions names, and its errors. */
import type { Node, Tree, TreeCursor } from "web-tree-sitter"

/** A definition of a name. Lines count from 1. */
export interface Definition {
  readonly name: string
  /** The line of the name. */
  readonly line: number
  readonly start: number
  readonly end: number
}

/** Outline of a file. */
export interface Outline {
  /** Its definitions, in the order of their places. */
  readonly definitions: ReadonlyArray<Definition>
  /** The lines of each asked name in code, without its comments and texts. */
  readonly mentions: Readonly<Record<string, ReadonlyArray<number>>>
  /** Number of places that are not of the language. */
  readonly errors: number
}

/** Bound of the definitions of one file. */
const mostDefinitions = 10_000

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ""))

/** Nodes that define a name wherever they stand, in all grammars. */
const definitions = words(`
  function_declaration generator_function_declaration function_signature function_definition function_item
  function_signature_item local_function_statement class_declaration abstract_class_declaration class_definition
  interface_declaration type_alias_declaration enum_declaration enum_assignment method_definition method_signature
  abstract_method_signature public_field_definition field_definition property_signature internal_module method_declaration
  method_elem method_spec type_spec type_alias struct_item enum_item union_item trait_item type_item mod_item
  macro_definition const_item static_item enum_variant associated_type field_declaration record_declaration
  annotation_type_declaration annotation_type_element_declaration constructor_declaration enum_constant struct_declaration
  record_struct_declaration delegate_declaration event_declaration enum_member_declaration method singleton_method class
  module trait_declaration enum_case const_element property_element object_declaration enum_entry namespace_definition
  struct_specifier class_specifier union_specifier enum_specifier type_definition alias_declaration preproc_def
  preproc_function_def enumerator concept_definition
`)

/** Nodes that define a name unless they stand in a function: there, they are its variables. */
const variables = words("variable_declarator assignment const_spec var_spec declaration property_declaration pair")

const functions = words(`
  function_declaration generator_function_declaration function_expression arrow_function method_definition
  function_definition lambda lambda_expression lambda_literal method_declaration constructor_declaration func_literal
  function_item closure_expression local_function_statement method singleton_method anonymous_function
  anonymous_function_creation_expression accessor_declaration
`)

/** Nodes of C that declare a type only where they have a body. */
const withBody = words("struct_specifier class_specifier union_specifier enum_specifier")

/** Left sides of an assignment that defines a name; another one changes what is there. */
const assigned = words("identifier constant")

const nameTypes = words("simple_identifier type_identifier identifier name constant variable_name variable_declaration")

/** Leaves that are no code. */
const silent = /comment|string|text|content|heredoc|char/

const childFor = (node: Node): Node | null =>
  node.childForFieldName("name") ?? node.childForFieldName("property") ?? node.childForFieldName("declarator") ??
    node.childForFieldName("left") ?? node.childForFieldName("key")

/** The leaf that holds the name of a definition, through declarators and qualified names. */
const leafOf = (node: Node): Node | undefined => {
  let at: Node = node
  for (let depth = 0; depth < 40; depth++) {
    const next = childFor(at) ??
      at.namedChildren.find((child) =>
        child !== null && (nameTypes.has(child.type) || child.type.endsWith("_declarator"))
      )
    if (next === undefined || next === null) break
    at = next
  }
  return at.id === node.id || at.childCount > 1 ? undefined : at
}

/** True for a declaration of C that only announces a function. */
const isPrototype = (node: Node): boolean => {
  if (node.type !== "declaration" && node.type !== "field_declaration") return false
  for (let at = node.childForFieldName("declarator"); at !== null; at = at.childForFieldName("declarator")) {
    if (at.type === "function_declarator") return true
  }
  return false
}

const isFunctionValue = (node: Node): boolean => {
  const value = node.childForFieldName("value")
  return value !== null && (functions.has(value.type) || value.type === "class")
}

const isDefinition = (node: Node, isLocal: boolean): boolean => {
  const { type } = node
  if (withBody.has(type)) return node.childForFieldName("body") !== null
  if (isPrototype(node)) return false
  if (definitions.has(type)) return true
  if (type === "pair") return isFunctionValue(node)
  if (type === "assignment") return !isLocal && assigned.has(node.childForFieldName("left")?.type ?? "")
  return !isLocal || isFunctionValue(node)
}

const bare = (name: string): string => name.replace(/^[$#@]+/, "")

const definedBy = (node: Node): ReadonlyArray<Definition> => {
  const several = node.type === "var_spec" || node.type === "const_spec" ? node.childrenForFieldName("name") : []
  const leaves = several.length > 0 ? several.filter((one) => one !== null) : [leafOf(node)]
  return leaves.flatMap((leaf) => {
    const name = leaf === undefined ? "" : bare(leaf.text)
    return leaf === undefined || !/^[\p{L}_$][\p{L}\p{N}_$?!=]*$/u.test(name) ? [] : [{
      name,
      line: leaf.startPosition.row + 1,
      start: node.startPosition.row + 1,
      end: node.endPosition.row + 1
    }]
  })
}

/** Goes to the next node in the order of the text; true if there is one. `left` is told each node that is left behind. */
const next = (cursor: TreeCursor, left: () => void): boolean => {
  if (cursor.gotoFirstChild()) return true
  while (true) {
    left()
    if (cursor.gotoNextSibling()) return true
    if (!cursor.gotoParent()) return false
  }
}

/** Reads the outline of a tree, with the mentions of the given names. */
export const outlineOf = (tree: Tree, text: string, names: ReadonlyArray<string>): Outline => {
  const found: Array<Definition> = []
  const mentions: Record<string, Array<number>> = Object.create(null)
  const wanted = new Map(names.map((name) => [bare(name), name]))
  const lengths = new Set([...wanted.keys()].map(({ length }) => length))
  const hasError = tree.rootNode.hasError
  const inside: Array<number> = []
  let errors = 0
  const cursor = tree.walk()
  const leave = () => {
    if (inside.at(-1) === cursor.currentDepth) inside.pop()
  }
  do {
    const type = cursor.nodeType
    if (hasError && (type === "ERROR" || cursor.nodeIsMissing)) errors++
    const length = cursor.endIndex - cursor.startIndex
    if (lengths.has(length) && !silent.test(type)) {
      const name = wanted.get(text.slice(cursor.startIndex, cursor.endIndex))
      const line = cursor.startPosition.row + 1
      if (name !== undefined && mentions[name]?.at(-1) !== line) (mentions[name] ??= []).push(line)
    }
    if (!cursor.nodeIsNamed || cursor.currentDepth === 0) continue
    if ((definitions.has(type) || variables.has(type)) && found.length < mostDefinitions) {
      const node = cursor.currentNode
      if (isDefinition(node, inside.length > 0)) found.push(...definedBy(node).slice(0, mostDefinitions - found.length))
    }
    if (functions.has(type)) inside.push(cursor.currentDepth)
  } while (next(cursor, leave))
  cursor.delete()
  return { definitions: found, mentions, errors }
}
