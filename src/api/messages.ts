/** Sentences that clients read; those of the documented contract byte for byte. */
export const messages = {
  registered: 'Data inserted successfully',
  imageAdded: 'Image added successfully',
  listed: 'Hello, world!',
  verified: 'Image received successfully!',
  deleted: 'Data deleted successfully',
  registerIncomplete: 'ID and image are required',
  verifyIncomplete: 'Image and ID are required',
  deleteIncomplete: 'ID is required',
  localNamesOnly:
    'Without an API key the service answers only as localhost or under an address; create a key first',
  malformedForm: 'The multipart body is malformed or incomplete',
} as const;
