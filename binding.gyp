{
  'variables': {
    # Switches of scripts/build.mjs: the test-only second addon, and warnings as errors (checkouts only,
    # so that a newer compiler's new warning never breaks an installation).
    'greenify_hazards%': 0,
    'greenify_strict%': 0,
  },
  'target_defaults': {
    'include_dirs': ['native'],
    'defines': ['NAPI_VERSION=8'],
    # A directory given with both -I and -isystem counts as a system directory (GCC manual, "Directory
    # Options"): warnings are then about our own code only.
    'cflags': [
      '-isystem <(node_root_dir)/include/node',
      '-isystem <!(node -p "path.dirname(require.resolve(\'node-addon-api\'))")',
      '-Wall',
      '-Wextra',
      '-fno-strict-aliasing',
      '-fvisibility=hidden',
    ],
    'cflags!': ['-Wno-unused-parameter'],
    'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-std=gnu++2a'],
    'cflags_cc': ['-std=gnu++20', '-fexceptions'],
    'ldflags': ['-Wl,-z,relro,-z,now'],
    'conditions': [
      ['greenify_strict==1', { 'cflags': ['-Wshadow=local', '-Werror'] }],
    ],
    'configurations': {
      'Release': {
        'cflags!': ['-O3'],
        'cflags': ['-O2', '-g1'],
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
