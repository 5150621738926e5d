import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

// `node scripts/prune-packages.mjs node_modules` removes what a program with its models built never loads on this
// machine: native libraries for other systems (three quarters of ONNX Runtime), and the weights the models are made of.
const [argument] = process.argv.slice(2);
if (argument === undefined) throw new Error('Name the node_modules folder to prune.');
const packages = resolve(argument);
const { platform, arch } = process;

/**
 * @param {string} folder
 * @param {string} name
 */
function keepOnly(folder, name) {
  if (!existsSync(join(folder, name))) throw new Error(`${folder} has nothing for ${name}.`);
  for (const other of readdirSync(folder))
    if (other !== name) rmSync(join(folder, other), { recursive: true });
}

const onnxRuntime = join(packages, 'onnxruntime-node', 'bin');
for (const version of readdirSync(onnxRuntime)) {
  keepOnly(join(onnxRuntime, version), platform);
  keepOnly(join(onnxRuntime, version, platform), arch);
}
keepOnly(join(packages, '@photostructure', 'sqlite', 'prebuilds'), `${platform}-${arch}`);
rmSync(join(packages, '@vladmandic'), { recursive: true });
