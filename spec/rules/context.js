// @ts-check
/**
 * What Redocly hands to a visitor; as much of it as the rules use.
 *
 * @typedef {object} Location
 * @property {(path: (string | number)[]) => Location} child
 * @property {() => Location} key
 * @property {{ absoluteRef: string }} source
 *
 * @typedef {object} Context
 * @property {Location} location
 * @property {(problem: { message: string, location?: Location }) => void} report
 * @property {(node: any, from?: string) => { node?: any, location?: Location }} resolve
 */
export {};
