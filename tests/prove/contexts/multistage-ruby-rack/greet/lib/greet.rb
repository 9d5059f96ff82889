module Greet
  def self.hello(name) = "hello #{name}"
end
