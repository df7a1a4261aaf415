{
  'targets': [
    {
      'target_name': 'client',
      'sources': ['client.c'],
      'include_dirs': ['<!(node -p "require(\'greenify/include\')")'],
      'defines': ['NAPI_VERSION=8', '_GNU_SOURCE'],
      'cflags': ['-Wall', '-Wextra', '-fvisibility=hidden'],
    },
  ],
}
