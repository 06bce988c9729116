/** Options of the minifier. Names of functions stay: a stack trace from production names our functions. */
export const minify = {
  compress: true,
  mangle: { toplevel: true, keepNames: { function: true, class: true } },
  codegen: { removeWhitespace: true }
} as const
