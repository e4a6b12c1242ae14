import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// no-restricted-syntax does not merge between blocks: each block below names its full list.
const noDefaultExport = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'Named exports only: a default export has a different name in every file that imports it.',
};
const noErrorText = {
  selector:
    'CallExpression[callee.object.type="MemberExpression"][callee.object.property.name="message"][callee.property.name=/^(includes|match|startsWith|endsWith|indexOf|search)$/], CallExpression[callee.property.name="test"][arguments.0.type="MemberExpression"][arguments.0.property.name="message"]',
  message: 'Read a property (code, type, status) of the error: its text changes with the next release.',
};
const noEnvironment = {
  selector: 'MemberExpression[object.name="process"][property.name="env"], MemberExpression[property.value="env"]',
  message: 'src/runtime/config.ts is the only reader of the environment.',
};
const pureOnly = [
  {
    selector:
      ':function[async=true], AwaitExpression, ForOfStatement[await=true], NewExpression[callee.name="Promise"]',
    message: 'The domain is synchronous: what it needs is an argument.',
  },
  {
    selector:
      'MemberExpression[object.name="Date"][property.name="now"], NewExpression[callee.name="Date"][arguments.length=0], CallExpression[callee.name="Date"]',
    message: 'The domain has no clock: time is an argument.',
  },
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'The domain has no randomness: ids and chances are arguments.',
  },
];
const impureGlobals = [
  'process',
  'globalThis',
  'global',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'crypto',
  'performance',
  'fetch',
  'console',
];
const noProcessModule = {
  paths: [{ name: 'node:process', message: 'Use the global process (never its env outside src/runtime/config.ts).' }],
};

export default defineConfig(
  globalIgnores(['node_modules/', '.mmm/', '.local/', 'coverage/', 'src/generated/', 'test/fixtures/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: { 'no-undef': 'off', 'no-unused-vars': 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    // One program for the whole tree: the project service took longer on a full run than this does.
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: false },
      ],
      // An async method that implements a port and needs no await is normal for the in-memory implementations.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-cond-assign': 'error',
      'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
      'no-duplicate-case': 'error',
      'no-empty': 'error',
      'no-fallthrough': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-catch': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-control-regex': 'off',
      'no-restricted-syntax': ['error', noDefaultExport],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      'no-console': 'error',
      'no-restricted-imports': ['error', noProcessModule],
      'no-restricted-syntax': ['error', noDefaultExport, noErrorText, noEnvironment],
    },
  },
  {
    files: ['src/runtime/config.ts'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport, noErrorText] },
  },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^[^.]', message: 'The domain imports only the domain and src/generated.' }] },
      ],
      'no-restricted-syntax': ['error', noDefaultExport, noErrorText, noEnvironment, ...pureOnly],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 500 }],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        {
          selector:
            'MemberExpression[object.name=/^(test|it|describe)$/][property.name="only"], CallExpression[callee.name=/^(fit|fdescribe)$/]',
          message: 'A focused test hides the others.',
        },
      ],
      // Expectations read decoded records of unknown shape; the assertion itself is the check.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
