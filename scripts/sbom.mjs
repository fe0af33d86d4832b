/** The bill of materials of a bundle, as CycloneDX 1.6: the packages whose code is in it, and what it runs on. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './tool.mjs';

/**
 * @param subject the binary: `{ name, version, sha256 }`
 * @param inputs paths of the files that went into it, as esbuild's metafile names them, from `directory`
 * @param more components that are no packages of the bundle, as CycloneDX has them
 */
export function describeMaterials(subject, inputs, directory, more) {
  const packages = new Map();
  for (const input of inputs) {
    const manifest = manifestOf(join(directory, input));
    if (manifest !== null) packages.set(`${manifest.name}@${manifest.version}`, manifest);
  }
  const components = [...packages.values()]
    .map(({ name, version, license }) => componentOf(name, version, license))
    .sort((one, other) => (one.purl < other.purl ? -1 : 1));
  const { name, version, sha256 } = subject;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${process.env.SOURCE_DATE_EPOCH === undefined ? randomUUID() : uuidOf(sha256)}`,
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': name,
        name,
        version,
        hashes: [{ alg: 'SHA-256', content: sha256 }],
        licenses: [{ license: { id: 'MIT' } }],
      },
    },
    components: [...components, ...more],
    dependencies: [{ ref: name, dependsOn: [...components, ...more].map((one) => one['bom-ref']) }],
  };
}

/** A component of npm. */
export function componentOf(name, version, license) {
  const [scope, bare] = name.startsWith('@') ? name.split('/') : [null, name];
  const purl = `pkg:npm/${scope === null ? '' : `${encodeURIComponent(scope)}/`}${bare}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    ...(scope === null ? {} : { group: scope }),
    name: bare,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [licenseOf(license)] }),
  };
}

function licenseOf(text) {
  return / (OR|AND|WITH) /.test(text) ? { expression: text } : { license: { id: text } };
}

/** Of the package that a file belongs to; null for the worker itself, which is the subject. */
function manifestOf(file) {
  for (let at = dirname(file); at.startsWith(ROOT); at = dirname(at)) {
    const path = join(at, 'package.json');
    if (!existsSync(path)) continue;
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    if (manifest.name === undefined || manifest.version === undefined) continue; // it only says `type`
    return manifest.name === '@sandcrew/worker' ? null : manifest;
  }
  return null;
}

/** The same for the same binary: two builds of one commit can be compared. */
function uuidOf(sha256) {
  const hex = createHash('sha256').update(sha256).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
