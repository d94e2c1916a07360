import t from 'tap'
import { ServiceError, errorKinds } from '../src/errors.js'

t.test('an error says what happened, where, and whether trying again can help', (t) => {
  const cause = { errno: -28 }
  const error = new ServiceError('STORE_FULL', { path: '/store', detail: '0 bytes left', cause })
  t.strictSame(
    { ...error, message: error.message, cause: error.cause },
    {
      name: 'ServiceError',
      code: 'STORE_FULL',
      path: '/store',
      detail: '0 bytes left',
      retry: 'later',
      message: 'the disk is full: free some space; nothing is lost: 0 bytes left',
      cause,
    },
  )
  t.end()
})

t.test('an error without detail says its kind’s message and no path', (t) => {
  const error = new ServiceError('STORE_LOCKED')
  t.strictSame([error.message, error.path, error.detail], [errorKinds.STORE_LOCKED.message, '', ''])
  t.end()
})
