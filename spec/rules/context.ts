/** What Redocly hands to a visitor besides the node; as much of it as the rules use. */
export interface Context {
  location: Location;
  report: (problem: { message: string; location: Location }) => void;
  /** The node, or what it names where it is a `$ref`. A spec that is being linted may hold anything. */
  resolve: (node: unknown, from?: string) => { node?: any; location?: Location };
}

/** A place in the spec. */
export interface Location {
  source: { absoluteRef: string };
  child(path: (string | number)[]): Location;
  /** The name in front of the place. */
  key(): Location;
}
