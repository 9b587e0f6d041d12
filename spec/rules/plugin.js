// @ts-check
/** @returns {any} */
export default function plugin() {
  return { id: "kv", rules: { oas3: {} }, configs: { all: { rules: {} } } };
}
