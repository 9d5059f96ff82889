Gem::Specification.new do |spec|
  spec.name = 'doubled'
  spec.version = '1.0.0'
  spec.summary = 'Twice a number'
  spec.authors = ['dfix']
  spec.files = ['ext/doubled/extconf.rb', 'ext/doubled/doubled.c']
  spec.extensions = ['ext/doubled/extconf.rb']
end
