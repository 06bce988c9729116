/*
 * Expansion of `$(NAME)` by a kubelet in a container's variables, command and arguments. A port of
 * k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go, byte for byte, its oddities included.
 */

const operator = 0x24
const opener = 0x28
const closer = 0x29

/** Text after an operator: the bytes that it stands for or a variable's name, and its length in bytes. */
const readName = (input: Buffer): { readonly read: Buffer; readonly isName: boolean; readonly advance: number } => {
  const [first = 0] = input
  if (first === operator) return { read: input.subarray(0, 1), isName: false, advance: 1 }
  if (first === opener) {
    const end = input.indexOf(closer, 1)
    return end === -1
      ? { read: Buffer.from("$("), isName: false, advance: 1 }
      : { read: input.subarray(1, end), isName: true, advance: end + 1 }
  }
  // Go's string(byte) is the code point of that number: a byte above 127 becomes two.
  return { read: Buffer.from(`$${String.fromCodePoint(first)}`), isName: false, advance: 1 }
}

/** `Expand`: references to known variables are replaced, unknown ones stay, and `$$` is one `$`. */
export const expand = (text: string, variables: ReadonlyMap<string, string>): string => {
  const input = Buffer.from(text)
  const parts: Array<Buffer> = []
  let checkpoint = 0
  for (let cursor = 0; cursor < input.length; cursor++) {
    if (input[cursor] !== operator || cursor + 1 >= input.length) continue
    parts.push(input.subarray(checkpoint, cursor))
    const { advance, isName, read } = readName(input.subarray(cursor + 1))
    const name = read.toString()
    parts.push(isName ? Buffer.from(variables.get(name) ?? `$(${name})`) : read)
    cursor += advance
    checkpoint = cursor + 1
  }
  return Buffer.concat([...parts, input.subarray(checkpoint)]).toString()
}
