{
  'variables': {
    # Switches of scripts/build.mjs: the test-only second addon, and warnings as errors (checkouts only,
    # so that a newer compiler's new warning never breaks an installation).
    'greenify_hazards%': 0,
    'greenify_strict%': 0,
    # AddressSanitizer and UndefinedBehaviorSanitizer: `npm run test:sanitize`.
    'greenify_sanitize%': 0,
  },
  'target_defaults': {
    'include_dirs': ['native', 'include'],
    'defines': ['NAPI_VERSION=8'],
    # A directory given with both -I and -isystem counts as a system directory (GCC manual, "Directory
    # Options"): warnings are then about our own code only.
    'cflags': [
      '-isystem <(node_root_dir)/include/node',
      '-isystem <!(node -p "path.dirname(require.resolve(\'node-addon-api\'))")',
      '-Wall',
      '-Wextra',
      '-fvisibility=hidden',
    ],
    # What Node's own settings bring differs from version to version: it is left out, and what is wanted
    # comes in one string, which that does not touch. With the same flags for all versions a compiler
    # cache can serve one with what it compiled for another.
    'cflags!': ['-Wno-unused-parameter', '-fno-strict-aliasing'],
    'cflags_cc!': [
      '-fno-exceptions', '-fno-strict-aliasing', '-std=gnu++17', '-std=gnu++20', '-std=gnu++2a',
    ],
    'cflags_cc': ['-std=gnu++20 -fexceptions -fno-strict-aliasing'],
    # Slots of other objects, and what include/greenify_abi.h has found, point into the addon for ever; Node
    # closes the addons of a worker with it.
    'ldflags': ['-Wl,-z,relro,-z,now,-z,nodelete'],
    'conditions': [
      ['greenify_strict==1', { 'cflags': ['-Wshadow=local', '-Werror'] }],
    ],
    'configurations': {
      'Release': {
        'cflags!': ['-O3'],
        'conditions': [
          ['greenify_sanitize==1', {
            'cflags': [
              '-O1 -g -fno-omit-frame-pointer',
              '-fsanitize=address,undefined -fno-sanitize-recover=undefined',
            ],
            'ldflags': ['-fsanitize=address,undefined'],
          }, {
            'cflags': ['-O2', '-g1'],
          }],
        ],
      },
    },
  },
  'targets': [
    {
      'target_name': 'greenify_shared',
      'type': 'static_library',
      'sources': [
        '<!@(node native/sources.cjs shared)',
        'native/addon/dlsym_<(target_arch).S',
        'native/green/switch_<(target_arch).S',
      ],
    },
    {
      'target_name': 'greenify',
      'type': 'loadable_module',
      'dependencies': ['greenify_shared'],
      'sources': ['<!@(node native/sources.cjs own)'],
    },
  ],
  'conditions': [
    ['greenify_hazards==1', {
      'targets': [
        {
          'target_name': 'greenify_hazards',
          'type': 'loadable_module',
          'dependencies': ['greenify_shared'],
          'defines': ['GREENIFY_HAZARD_SWITCHES'],
          'sources': ['<!@(node native/sources.cjs own)'],
        },
      ],
    }],
  ],
}
