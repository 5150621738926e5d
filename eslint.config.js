import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'data/'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ['eslint.config.js', '.dependency-cruiser.js', 'scripts/*.mjs'],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility="private"]',
          message: 'Write #name; `private` is for parameters of a constructor.',
        },
        {
          selector:
            ':matches(Program, ExportNamedDeclaration) > VariableDeclaration[kind="const"] > VariableDeclarator[init.type="Literal"][id.name=/^[a-z]/]',
          message: 'A number, text or pattern of a module is a constant: write its name in UPPER_CASE.',
        },
        {
          selector:
            ':matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator:matches([init.type="ObjectExpression"], [init.type="ArrayExpression"], [init.type="CallExpression"], [init.type="NewExpression"])[id.name=/^[A-Z][A-Z0-9_]+$/]',
          message: 'UPPER_CASE is for numbers, texts and patterns; write the name in camelCase.',
        },
      ],
    },
  },
  {
    files: ['scripts/**', 'src/cli/**', 'models/cli.ts', 'tools/**'],
    rules: { 'no-console': 'off' },
  },
);
