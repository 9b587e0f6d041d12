/** Style sheets are loaded by the bundler. */
declare module "*.css";
