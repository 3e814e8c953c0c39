/** One source file and all that it imports to one CommonJS file: the same bytes anywhere. */
import { build } from 'esbuild';
import { resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** What dockerode can do over ssh and gRPC is not used, and would double the bundle: each is replaced by nothing. */
const unused = {
  name: 'unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(ssh2|cpu-features|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs)$/ }, ({ path }) => ({
      path,
      namespace: 'unused',
    }));
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

/**
 * @param {string} entry relative to the repository
 * @param {string} outfile absolute
 * @returns {Promise<string[]>} folders of the packages that are in it, relative to the repository
 */
export async function bundle(entry, outfile) {
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['*.node'],
    plugins: [unused],
    legalComments: 'none',
    logLevel: 'error',
    // import.meta is empty in CommonJS: the sources use it only where __dirname is missing
    define: { 'import.meta.url': 'undefined', 'import.meta.dirname': 'undefined' },
    logOverride: { 'require-resolve-not-external': 'silent' },
  });
  const packages = Object.keys(metafile.inputs).map(
    (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0],
  );
  return [...new Set(packages.filter((folder) => folder !== undefined))];
}
