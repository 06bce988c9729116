/** Text of a file as the forges' APIs send it: in base64, whose lines may be broken. */
export const textOf = ({ content }: { readonly content: string }): string =>
  Buffer.from(content, "base64").toString("utf8")
