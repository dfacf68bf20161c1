/** The layers of the house (docs/architecture.md). `npm run check` fails when a rule is broken or no module was seen. */
const room = (name) => `^src/${name}/`
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
})

module.exports = {
  forbidden: [
    only('base-is-the-ground', room('base'), [room('base')], 'base imports nothing of ours'),
    only('quilt-is-pure', room('quilt'), [room('quilt'), room('base')], 'quilt formats know only base'),
    only(
      'benchling-stands-alone',
      room('benchling'),
      [room('benchling'), room('base')],
      'the API client knows only base',
    ),
    only(
      'export-stands-alone',
      room('export'),
      [room('export'), room('base')],
      'the archive reader knows only base',
    ),
    only(
      'config-stands-alone',
      room('config'),
      [room('config'), room('base')],
      'configuration knows only base',
    ),
    only(
      'jobs-stand-alone',
      room('jobs'),
      [room('jobs'), room('base')],
      'records and worker know no kind of work',
    ),
    only(
      'registry-knows-quilt',
      room('registry'),
      [room('registry'), room('quilt'), room('base')],
      'revisions are formats in a store',
    ),
    only(
      'simulator-is-another-company',
      room('simulator'),
      [room('simulator'), room('base')],
      'a tenant knows nothing of the service',
    ),
    only(
      'adapters-know-ports',
      '^src/(local|aws)/',
      ['^src/(local|aws|jobs|registry|quilt|base)/'],
      'adapters implement the ports of jobs and registry',
    ),
    only(
      'reconcile-finds-what-to-package',
      room('reconcile'),
      ['^src/(reconcile|jobs|benchling|packaging|base)/'],
      'the reconciler compares what Benchling says with the records of entries',
    ),
    {
      name: 'core-knows-no-adapter',
      comment: 'webhook, jobs, packaging, registry and canvas are handed their adapters',
      severity: 'error',
      from: { path: '^src/(webhook|jobs|export|packaging|quilt|registry|canvas|reconcile)/' },
      to: { path: '^src/(local|aws|service|operator|simulator)/' },
    },
    {
      name: 'aws-sdk-only-in-aws',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(aws|operator/aws)/' },
      to: { path: 'node_modules/@aws-sdk' },
    },
    {
      name: 'adapters-are-chosen-in-service',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(service|aws|local)/' },
      to: { path: '^src/(aws|local)/' },
    },
    {
      name: 'simulator-is-a-guest',
      comment: 'only the demonstration may import the simulator',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(simulator/|operator/commands/demo)' },
      to: { path: '^src/simulator/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs'],
    },
  },
}
